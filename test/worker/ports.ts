/** What listens, by how it behaves. */
export interface Ports {
  /** Nothing listens here: refused. */
  closed: number;
  /** Accepts and never says a word. */
  hang: number;
  /** Accepts and resets at the first byte. */
  reset: number;
  ssh: number;
  smtp: number;
  /** Begins like SSH and stops in the middle of the prefix. */
  stutter: number;
  tls: number;
  tlsOnly13: number;
  /** Answers each ClientHello with a TLS alert. */
  tlsAlert: number;
  http: number;
  /** TCP that a test opens and closes by `GET /switch/up` and `GET /switch/down` of `http`. */
  switched: number;
  /** Takes notifications: see test/hooks.ts. */
  hooks: number;
}

declare module 'vitest' {
  interface ProvidedContext {
    ports: Ports;
  }
}
