import type { Tunnel } from '../config.ts';
import { one, type Uci } from './uci.ts';

/** One server section of OpenMPTCProuter. */
export interface OmrServer {
  /** The section's name. */
  section: string;
  ip: string | null;
  port: string;
  master: boolean;
  current: boolean;
  disabled: boolean;
}

/** The section that a tunnel means: its own key, or the server's id as uci can write it. */
export const sectionOf = ({ section, server }: Tunnel) => section ?? server.replaceAll('-', '_');

export function serversOf(uci: Uci, state: Uci): OmrServer[] {
  return [...uci]
    .filter(([key, [type]]) => key.startsWith('openmptcprouter.') && key.split('.').length === 2 && type === 'server')
    .map(([key]) => {
      const is = (option: string) => (one(uci, `${key}.${option}`) ?? '0') === '1';
      return {
        section: key.slice('openmptcprouter.'.length),
        ip: one(uci, `${key}.ip`),
        port: one(uci, `${key}.port`) ?? '65500',
        master: is('master'),
        current: (one(uci, `${key}.current`) ?? one(state, `${key}.current`) ?? '0') === '1',
        disabled: is('disabled'),
      };
    });
}

/** Which server carries: the current one; a fresh router has none yet, and uses its master. */
export function carryingSection(servers: readonly OmrServer[]): string | null {
  return (servers.find(({ current }) => current) ?? servers.find(({ master }) => master))?.section ?? null;
}
