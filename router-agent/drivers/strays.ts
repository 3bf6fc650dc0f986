import * as z from 'zod/mini';
import { LINK_ALIAS, RUN_DIR, TICKLE_DEVICE } from '../own.ts';
import { mustSucceed, type Os } from '../runner.ts';

const linksSchema = z.array(z.object({ ifname: z.string(), ifalias: z.optional(z.string()) }));

/**
 * Removes tunnels of ours that the configuration names no more: their devices carry our alias, their processes our pid file. Answers what was done, a
 * sentence each. To be called when the rules no longer use them. What the user's own commands made is theirs.
 */
export async function removeStrays(devices: readonly string[], os: Os): Promise<string[]> {
  return [...(await endDaemons(devices, os)), ...(await deleteLinks(devices, os))];
}

async function endDaemons(devices: readonly string[], os: Os): Promise<string[]> {
  const { stdout } = await os.query(['pgrep', '-f', `openvpn .*--writepid ${RUN_DIR}/openvpn-`]);
  const done: string[] = [];
  for (const pid of stdout.split('\n').filter((text) => /^\d+$/.test(text))) {
    const words = (os.read(`/proc/${pid}/cmdline`) ?? '').split('\0');
    const file = words[words.indexOf('--writepid') + 1] ?? '';
    const device = file.startsWith(`${RUN_DIR}/openvpn-`) ? file.slice(`${RUN_DIR}/openvpn-`.length, -'.pid'.length) : null;
    if (device === null || devices.includes(device)) continue;
    const ended = mustSucceed(['kill', pid], await os.change(['kill', '-TERM', pid]));
    await os.change(['rm', '-f', file, `${RUN_DIR}/openvpn-${device}.log`]);
    done.push(ended.ok ? `ended openvpn of ${device}, which no tunnel names any more` : ended.reason);
  }
  return done;
}

async function deleteLinks(devices: readonly string[], os: Os): Promise<string[]> {
  const { stdout } = await os.query(['ip', '-j', '-d', 'link', 'show']);
  const links = linksSchema.safeParse(parseJson(stdout));
  const done: string[] = [];
  for (const { ifname, ifalias } of links.success ? links.data : []) {
    if (ifalias !== LINK_ALIAS || ifname === TICKLE_DEVICE || devices.includes(ifname)) continue;
    const argv = ['ip', 'link', 'del', 'dev', ifname];
    const deleted = mustSucceed(argv, await os.change(argv));
    done.push(deleted.ok ? `removed ${ifname}, which no tunnel names any more` : deleted.reason);
  }
  return done;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return String(error);
  }
}
