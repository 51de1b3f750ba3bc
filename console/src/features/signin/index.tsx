export { SignIn, SignInPage } from './sign-in';
export { SignedInPage } from './signed-in';
