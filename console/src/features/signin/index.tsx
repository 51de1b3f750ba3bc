/** Asks for a sign-in: the whole page when nobody was signed in, a dialog over it when a session ended. */
export function SignIn(props: { over: boolean }) {
  return props && null;
}

export function SignedInPage() {
  return null;
}
