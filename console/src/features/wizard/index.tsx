export { WizardPage } from './wizard-page';
export { UpdateRulesPage } from './update-rules-page';
