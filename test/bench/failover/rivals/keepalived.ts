import { LAB_DIR } from '../../../lab/processes.ts';

/** How keepalived is started, in the foreground, with files of its own: several run in one lab. */
export function keepalived(configFile: string, name: string): string[] {
  const file = (kind: string) => `${LAB_DIR}/keepalived-${name}.${kind}`;
  return [
    'keepalived',
    '--vrrp',
    '--dont-fork',
    '--log-console',
    '--log-detail',
    '-f',
    configFile,
    '-p',
    file('pid'),
    '-r',
    file('vrrp-pid'),
  ];
}
