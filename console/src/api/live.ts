import { useEffect, useRef, useState } from 'react';
import { api, call } from './client';

/** `live`: what is shown is what is; `interrupted`: it is how it was last seen, and the stream is being opened again. */
export type LiveState = 'connecting' | 'live' | 'interrupted';

interface Options {
  /** Opens the stream, after the event with this id where one is known. */
  url: (after: string | null) => string;
  /** What to do for each kind of event; data is parsed JSON. */
  on: Readonly<Record<string, (data: never) => void>>;
  onState: (state: LiveState) => void;
  /** Id of the event after which to begin. */
  after?: string | null;
}

// How long a page that nobody sees keeps its stream. Browsers allow six connections to a host without HTTP/2, and
// a person has more tabs than that.
const hiddenGrace = 60_000;
const firstDelay = 500;
const longestDelay = 15_000;

/**
 * One stream of server-sent events that comes back: after a lost connection, a restart of the hub, an expired session
 * (the person is asked to sign in first), a sleeping laptop, and time in the background. What happened meanwhile is
 * sent by the hub from the last id on, or it says `reset`.
 *
 * The browser's own reconnecting gives up at the first answer that isn't a stream, such as a gateway's 503.
 */
export class LiveStream {
  private source: EventSource | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private hiddenTimer: ReturnType<typeof setTimeout> | undefined;
  private delay = firstDelay;
  private last: string | null;
  private closed = false;
  private readonly leaving = new AbortController();

  constructor(private readonly options: Options) {
    this.last = options.after ?? null;
    document.addEventListener('visibilitychange', this.onVisibility);
    window.addEventListener('online', this.onOnline);
    this.open();
  }

  close() {
    this.closed = true;
    this.leaving.abort();
    this.drop();
    clearTimeout(this.hiddenTimer);
    document.removeEventListener('visibilitychange', this.onVisibility);
    window.removeEventListener('online', this.onOnline);
  }

  private open() {
    if (this.closed) return;
    this.drop();
    const source = new EventSource(this.options.url(this.last));
    this.source = source;
    source.onopen = () => {
      this.delay = firstDelay;
      this.options.onState('live');
    };
    source.onerror = () => this.interrupted();
    for (const [name, handle] of Object.entries(this.options.on)) {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        if (event.lastEventId) this.last = event.lastEventId;
        handle(JSON.parse(event.data) as never);
      });
    }
    // The hub restarts: there will be another one in a moment.
    source.addEventListener('bye', () => this.interrupted());
  }

  private interrupted() {
    if (this.closed) return;
    this.drop();
    this.options.onState('interrupted');
    // Not everybody in the same moment when a hub comes back.
    const wait = this.delay * (0.5 + Math.random());
    this.delay = Math.min(this.delay * 2, longestDelay);
    this.timer = setTimeout(() => void this.reopen(), wait);
  }

  private async reopen() {
    try {
      // An event stream doesn't tell why it was refused. This asks for a sign-in when that is why, and waits for it.
      await call(api.GET('/api/v1/me', { signal: this.leaving.signal }));
    } catch {
      return this.interrupted();
    }
    this.open();
  }

  private drop() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  private onVisibility = () => {
    clearTimeout(this.hiddenTimer);
    if (document.hidden) {
      this.hiddenTimer = setTimeout(() => this.drop(), hiddenGrace);
    } else if (!this.source || this.source.readyState === EventSource.CLOSED) {
      this.delay = firstDelay;
      this.open();
    }
  };

  private onOnline = () => {
    this.delay = firstDelay;
    this.open();
  };
}

/**
 * Keeps a stream open while the component is shown. A new `key` is another stream; handlers may change at any time.
 * Nothing is opened while `key` is null.
 */
export function useLive(key: string | null, options: Omit<Options, 'onState'>): LiveState {
  const [state, setState] = useState<{ key: string | null; state: LiveState }>({ key, state: 'connecting' });
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  useEffect(() => {
    if (key === null) return;
    const stream = new LiveStream({
      url: (after) => latest.current.url(after),
      after: latest.current.after,
      on: Object.fromEntries(Object.keys(latest.current.on).map((name) => [name, (data: never) => latest.current.on[name]?.(data)])),
      onState: (next) => setState({ key, state: next }),
    });
    return () => stream.close();
  }, [key]);
  return state.key === key ? state.state : 'connecting';
}
