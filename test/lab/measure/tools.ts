import * as z from 'zod';
import { SERVERS, vpsNamespace } from '../topology.ts';
import { type Datagram, viaSchema } from './datagram.ts';
import { firstAnswerSchema, type NewFlows, newFlowsSchema } from './new-flows.ts';
import { type FlowSummary, flowsSchema } from './tcp-flows.ts';
import { startTool } from './tool.ts';
import { type UdpSummary, udpSummarySchema } from './udp-client.ts';

/** All that measures in a lab, by what one can ask of it. Times are `nowMs()`. */
export interface Tools {
  /** The one UDP flow with a datagram each 10 ms. */
  udp: {
    renew(): Promise<void>;
    /** Silence, until it is renewed. */
    stop(): Promise<void>;
    summary(fromMs: number): Promise<UdpSummary>;
  };
  /** Long-lived TCP flows, each byte compared. */
  flows: {
    open(echoes: number, download: boolean, upload?: boolean, trickles?: number): Promise<void>;
    summary(): Promise<FlowSummary[]>;
    closeAll(): Promise<void>;
  };
  newFlows: {
    /** One new UDP flow from each of the client's addresses. */
    sample(): Promise<NewFlows>;
    /** A new HTTP request each 50 ms, until stopped. */
    startHttp(): Promise<void>;
    stopHttp(): Promise<void>;
    /** When the first request that began after `fromMs` was answered; null: not yet. */
    firstAnswer(fromMs: number): Promise<number | null>;
  };
}

const nothing = z.unknown().transform(() => undefined);

/** Starts the hosts that answer (inet, and the VPSs' port for probes) and the client's tools, and waits until each is ready. */
export async function startTools(): Promise<Tools> {
  const hosts = [
    startTool('inet', 'inet', 'inet-host.ts'),
    ...SERVERS.map((server) => startTool(`vps-${server}`, vpsNamespace(server), 'vps-host.ts')),
  ];
  await Promise.all(hosts.map((host) => host.ask('ready', z.literal(true))));
  return startClient(4);
}

/** The client's tools alone, by one IP version. */
export function startClient(family: 4 | 6): Tools {
  const tool = (name: string, file: string) => startTool(`${name}${family}`, 'client', file, `${family}`);
  const udp = tool('udp', 'udp-client.ts');
  const flows = tool('tcp', 'tcp-flows.ts');
  const newFlows = tool('new-flows', 'new-flows.ts');
  return {
    udp: {
      renew: () => udp.ask('renew', nothing),
      stop: () => udp.ask('stop', nothing),
      summary: (fromMs) => udp.ask('summary', udpSummarySchema, { fromMs }),
    },
    flows: {
      open: (echoes, download, upload = false, trickles = 0) => flows.ask('open', nothing, { echoes, download, upload, trickles }),
      summary: () => flows.ask('summary', flowsSchema),
      closeAll: () => flows.ask('closeAll', nothing),
    },
    newFlows: {
      sample: () => newFlows.ask('sample', newFlowsSchema),
      startHttp: () => newFlows.ask('startHttp', nothing),
      stopHttp: () => newFlows.ask('stopHttp', nothing),
      firstAnswer: (fromMs) => newFlows.ask('firstAnswer', firstAnswerSchema, { fromMs }),
    },
  };
}

/** Sends single datagrams from a namespace; answers by which address the host saw each, null: no echo. */
export function startDatagrams(namespace: string): (datagram: Datagram) => Promise<string | null> {
  const tool = startTool(`datagrams-${namespace}`, namespace, 'datagram.ts');
  return (datagram) => tool.ask('send', viaSchema, datagram);
}
