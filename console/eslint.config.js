import js from '@eslint/js';
import a11y from 'eslint-plugin-jsx-a11y';
import hooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['dist', 'node_modules', 'src/api/schema.gen.ts', 'playwright-report', 'test-results'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  a11y.flatConfigs.recommended,
  hooks.configs.flat['recommended-latest'],
  { languageOptions: { globals: { ...globals.browser } } },
  { files: ['*.js', '*.ts', 'e2e/**', 'bench/**'], languageOptions: { globals: { ...globals.node } } },
  // Playwright hands fixtures on with a function that is called `use`, which is no React hook.
  { files: ['e2e/**'], rules: { 'react-hooks/rules-of-hooks': 'off' } },
  // What two features need is in src/components, which knows of no feature.
  { files: ['src/features/**'], rules: { 'no-restricted-imports': ['error', { patterns: [{ regex: '^\\.\\./(?!\\.\\.)', message: 'A feature imports from app, api and components, not from another feature.' }] }] } },
  { files: ['src/components/**', 'src/api/**'], rules: { 'no-restricted-imports': ['error', { patterns: [{ regex: '/features/', message: 'A component is for every feature and imports from none.' }] }] } },
  {
    rules: {
      // Focus goes to the first field of a dialog that the person has just opened, and nowhere else.
      'jsx-a11y/no-autofocus': 'off',
    },
  },
);
