import type { Config } from '../config.ts';
import type { Os } from '../runner.ts';
import { checkCredentials } from './credentials.ts';
import { sectionOf, serversOf } from './servers.ts';
import { one, readUci } from './uci.ts';

/** What would keep the agent from steering this OpenMPTCProuter, a sentence each with the way to right it. */
export async function checkOmr(config: Config, os: Os): Promise<string[]> {
  const read = await readUci(os);
  if (!read.ok) return [read.reason];
  const { uci, state } = read.value;
  const servers = serversOf(uci, state);
  const problems: string[] = [];
  if ((one(uci, 'omr-tracker.server.enabled') ?? '1') !== '0')
    problems.push(
      "OpenMPTCProuter's own server tracker is on and would move traffic too; right: uci set omr-tracker.server.enabled=0; uci commit omr-tracker; /etc/init.d/omr-tracker restart",
    );
  for (const tunnel of config.tunnel) {
    const section = sectionOf(tunnel);
    const server = servers.find((candidate) => candidate.section === section);
    const at = `tunnel of ${tunnel.server}`;
    if (server === undefined) {
      problems.push(
        `${at}: openmptcprouter has no server "${section}"; right: section = one of ${servers.map((s) => s.section).join(', ') || '(none)'}`,
      );
      continue;
    }
    if (server.disabled)
      problems.push(`${at}: openmptcprouter.${section} is disabled; right: uci set openmptcprouter.${section}.disabled=0`);
    const credentials = await checkCredentials(os, uci, server);
    if (!credentials.ok) problems.push(`${at}: ${credentials.reason}`);
    else if (credentials.value === 'refused')
      problems.push(
        `${at}: the VPS refuses this router's user and password; right: the ones of /root/openmptcprouter_config.txt on the VPS`,
      );
    else if (credentials.value === 'unreachable')
      problems.push(`${at}: https://${server.ip}:${server.port} does not answer; is the VPS up, and the port open?`);
  }
  return problems;
}
