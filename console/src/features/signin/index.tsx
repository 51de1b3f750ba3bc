export { SignIn } from './sign-in';
export { SignedInPage } from './signed-in';
