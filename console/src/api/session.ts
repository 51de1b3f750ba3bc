/**
 * The session of this browser with the hub. A request that meets an ended session waits here until the person has
 * signed in again, and is then sent once more: nobody loses what they typed to an expired session.
 */
type Listener = () => void;

interface Waiting {
  resume: () => void;
  refuse: (reason: Error) => void;
}

class Session {
  private ended = false;
  private listeners = new Set<Listener>();
  private waiting = new Set<Waiting>();
  private channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('workbench.session');
  /** The user whose work is on the screen, once known. */
  private user: string | null = null;

  constructor() {
    this.channel?.addEventListener('message', (event) => {
      if (event.data === 'signed-in') void this.resume();
      if (event.data === 'signed-out') this.end();
    });
  }

  /** For useSyncExternalStore. */
  subscribe = (listener: Listener): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  hasEnded = (): boolean => this.ended;

  /** Remembers whose work is on the screen, so that nobody else's session carries it on. */
  belongsTo(user: string) {
    this.user = user;
  }

  /** Call after a sign-in succeeded, in any window: requests that wait are sent again, in every window. */
  signedIn() {
    this.channel?.postMessage('signed-in');
    void this.resume();
  }

  /** Call after the person signed out. */
  signedOut() {
    this.channel?.postMessage('signed-out');
    window.location.assign('/');
  }

  end() {
    if (this.ended) return;
    this.ended = true;
    this.notify();
  }

  /** Settles when there is a session again. */
  wait(signal: AbortSignal): Promise<void> {
    this.end();
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        resume: resolve,
        refuse: reject,
      };
      this.waiting.add(waiting);
      signal.addEventListener('abort', () => {
        this.waiting.delete(waiting);
        reject(signal.reason instanceof Error ? signal.reason : new DOMException('Aborted', 'AbortError'));
      });
    });
  }

  private async resume() {
    if (this.user !== null && (await whoAmI()) !== this.user) {
      // Somebody else signed in: what the first person had begun must not be sent in the second one's name.
      for (const waiting of this.waiting) waiting.refuse(new DOMException('Another user signed in', 'AbortError'));
      window.location.assign('/');
      return;
    }
    this.ended = false;
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const one of waiting) one.resume();
    this.notify();
  }

  private notify() {
    for (const listener of this.listeners) listener();
  }
}

async function whoAmI(): Promise<string | null> {
  const response = await fetch('/api/v1/me', { headers: { Accept: 'application/json' } }).catch(() => null);
  if (!response?.ok) return null;
  const me = (await response.json().catch(() => null)) as { name?: unknown } | null;
  return typeof me?.name === 'string' ? me.name : null;
}

export const session = new Session();
