import type { Blame, Health } from '../protocol/health.ts';
import { overall, type Status, type TimelineEntry, type Vote } from './view.ts';

const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];

/** Every word of the page that people read. A reason (`why`) is the judge's own sentence and stays as it is. */
export interface Words {
  /** BCP 47 tag of the document. */
  lang: string;
  title: string;
  banner: {
    ok: string;
    degraded: (down: number) => string;
    down: string;
    unknown: string;
    maintenance: string;
    blind: string;
    empty: string;
  };
  emptyHint: string;
  health: Record<Health, string>;
  vote: Record<Vote, string>;
  kind: Record<TimelineEntry['kind'], string>;
  blame: Record<Blame, string>;
  servers: string;
  server: string;
  healthHead: string;
  since: string;
  sites: string;
  incidents: string;
  noIncident: string;
  open: string;
  ended: string;
  timeline: string;
  noTimeline: string;
  earlier: (count: number) => string;
  past: string;
  /** `99.98`. */
  uptime: (percent: string) => string;
  noPast: string;
  daysAgo: (days: number) => string;
  today: string;
  day: Record<'up' | 'warn' | 'down' | 'kept' | 'none', string>;
  vantages: string;
  blindVantage: string;
  sighted: string;
  carries: (server: string) => string;
  carriesNone: string;
  share: string;
  agentOnline: string;
  agentOffline: string;
  agentNever: string;
  epoch: string;
  applied: string;
  appliedNone: string;
  pinned: (server: string) => string;
  until: string;
  paths: string;
  alive: string;
  dead: string;
  anyWan: string;
  /** Of a WAN, by MPTCP. */
  mptcpUsed: string;
  mptcpBackup: string;
  subflows(count: number): string;
  /** Segments. */
  retransmitted(count: number): string;
  loss: string;
  problems: string;
  away: (duration: string) => string;
  asOf: string;
  stale: string;
  skip: string;
  notFound: string;
  notFoundHint: string;
  notAllowed: string;
  notAllowedHint: string;
  unavailable: string;
  unavailableHint: string;
  home: string;
  months: readonly string[];
}

const en: Words = {
  lang: 'en',
  title: 'status',
  banner: {
    ok: 'All servers are up',
    degraded: (down) =>
      down === 0 ? 'Something needs attention' : `${down === 1 ? 'One server is' : `${down} servers are`} down, traffic goes on`,
    down: 'Traffic is interrupted',
    unknown: 'Not every server is known yet',
    maintenance: 'Maintenance is under way',
    blind: 'No vantage can see: health is uncertain',
    empty: 'Nothing is watched yet',
  },
  emptyHint: 'Put a fleet file with servers and sites, and they appear here.',
  health: { up: 'Up', down: 'Down', unknown: 'Unknown', maintenance: 'Maintenance' },
  vote: { up: 'up', down: 'down', unknown: 'unknown' },
  kind: {
    health: 'Health',
    switch: 'Switch',
    failback: 'Failback',
    hold: 'Hold',
    measured: 'Measured',
    'agent.online': 'Agent online',
    'agent.offline': 'Agent offline',
    'agent.problem': 'Agent problem',
    pin: 'Pin',
    unpin: 'Unpin',
    maintenance: 'Maintenance',
    drill: 'Drill',
    resign: 'Resign',
    config: 'Configuration',
  },
  blame: {
    'server-down': 'server down',
    'path-down': 'path down',
    'uplink-down': 'uplink down',
    'outside-only': 'down from outside only',
    'site-unseen': 'site unseen',
    'monitor-doubtful': 'monitor doubtful',
    'site-offline': 'site offline',
    resigned: 'resigned',
    maintenance: 'maintenance',
    weights: 'weights',
    pin: 'pin',
    drill: 'drill',
    preempt: 'return',
    stage: 'stage of the return',
    none: 'calm',
  },
  servers: 'Servers',
  server: 'Server',
  healthHead: 'Health',
  since: 'Since',
  sites: 'Sites',
  incidents: 'Incidents',
  noIncident: 'No incident on record.',
  open: 'Open',
  ended: 'Ended',
  timeline: 'Timeline',
  noTimeline: 'Nothing has happened yet.',
  earlier: (count) => `${count} earlier entries`,
  past: 'Last 90 days',
  uptime: (percent) => `${percent} % up`,
  noPast: 'nothing recorded yet',
  daysAgo: (days) => `${days} days ago`,
  today: 'today',
  day: { up: 'up', warn: 'down for less than 10 min', down: 'down for longer', kept: 'maintenance', none: 'not watched' },
  vantages: 'Vantages',
  blindVantage: 'blind',
  sighted: 'sighted',
  carries: (server) => `Traffic goes through ${server}`,
  carriesNone: 'No server is chosen yet',
  share: 'Share of new flows',
  agentOnline: 'Agent online',
  agentOffline: 'Agent offline',
  agentNever: 'Agent not seen yet',
  epoch: 'Epoch',
  applied: 'applied',
  appliedNone: 'none applied yet',
  pinned: (server) => `Pinned to ${server}`,
  until: 'until',
  paths: 'Paths',
  alive: 'alive',
  dead: 'dead',
  anyWan: 'any WAN',
  mptcpUsed: 'in use',
  mptcpBackup: 'backup',
  subflows: (count) => (count === 1 ? '1 subflow' : `${count} subflows`),
  retransmitted: (count) => `${count} retransmitted`,
  loss: 'loss',
  problems: 'Problems that the agent reports',
  away: (duration) => `traffic was away for ${duration}`,
  asOf: 'As of',
  stale: 'The edge does not answer. What you see may be old.',
  skip: 'Skip to the content',
  notFound: 'There is no such page',
  notFoundHint: 'The address may be mistyped.',
  notAllowed: 'This address is for reading only',
  notAllowedHint: 'Nothing was changed.',
  unavailable: 'The status cannot be read now',
  unavailableHint: 'This says nothing about the servers. The page tries again by itself.',
  home: 'Status page',
  months: ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
};

const zh: Words = {
  lang: 'zh-Hans',
  title: '状态',
  banner: {
    ok: '所有服务器运行正常',
    degraded: (down) => (down === 0 ? '有情况需要留意' : `${down} 台服务器故障，流量仍正常`),
    down: '流量中断',
    unknown: '部分服务器状态尚未确定',
    maintenance: '维护进行中',
    blind: '所有观测点均无法观测，状态不可靠',
    empty: '尚无监测对象',
  },
  emptyHint: '提交包含服务器和站点的配置文件后，将显示在此处。',
  health: { up: '正常', down: '故障', unknown: '未知', maintenance: '维护' },
  vote: { up: '正常', down: '故障', unknown: '未知' },
  kind: {
    health: '健康状态',
    switch: '切换',
    failback: '回切',
    hold: '保持',
    measured: '实测',
    'agent.online': '代理上线',
    'agent.offline': '代理离线',
    'agent.problem': '代理问题',
    pin: '固定',
    unpin: '取消固定',
    maintenance: '维护',
    drill: '演练',
    resign: '主动退出',
    config: '配置',
  },
  blame: {
    'server-down': '服务器故障',
    'path-down': '路径故障',
    'uplink-down': '上行线路故障',
    'outside-only': '仅外部判定故障',
    'site-unseen': '站点不可见',
    'monitor-doubtful': '监测结果存疑',
    'site-offline': '站点离线',
    resigned: '主动退出',
    maintenance: '维护',
    weights: '权重调整',
    pin: '固定',
    drill: '演练',
    preempt: '回切',
    stage: '分阶段回切',
    none: '平稳',
  },
  servers: '服务器',
  server: '服务器',
  healthHead: '健康状态',
  since: '起始时间',
  sites: '站点',
  incidents: '事件',
  noIncident: '暂无事件记录。',
  open: '进行中',
  ended: '已结束',
  timeline: '时间线',
  noTimeline: '尚无记录。',
  earlier: (count) => `更早的 ${count} 条记录`,
  past: '最近 90 天',
  uptime: (percent) => `可用率 ${percent} %`,
  noPast: '尚无记录',
  daysAgo: (days) => `${days} 天前`,
  today: '今天',
  day: { up: '正常', warn: '故障不足 10 分钟', down: '故障较久', kept: '维护', none: '未监测' },
  vantages: '观测点',
  blindVantage: '无法观测',
  sighted: '可观测',
  carries: (server) => `流量经由 ${server}`,
  carriesNone: '尚未选定服务器',
  share: '新连接占比',
  agentOnline: '代理在线',
  agentOffline: '代理离线',
  agentNever: '代理尚未连接',
  epoch: '纪元',
  applied: '已应用',
  appliedNone: '尚未应用',
  pinned: (server) => `已固定到 ${server}`,
  until: '截至',
  paths: '路径',
  alive: '连通',
  dead: '中断',
  anyWan: '任意 WAN',
  mptcpUsed: '使用中',
  mptcpBackup: '备用',
  subflows: (count) => `${count} 条子流`,
  retransmitted: (count) => `重传 ${count} 次`,
  loss: '丢包',
  problems: '代理报告的问题',
  away: (duration) => `流量中断 ${duration}`,
  asOf: '数据时间',
  stale: '边缘节点无响应，当前内容可能已过时。',
  skip: '跳到正文',
  notFound: '页面不存在',
  notFoundHint: '地址可能有误。',
  notAllowed: '此地址仅供读取',
  notAllowedHint: '未作任何更改。',
  unavailable: '暂时无法读取状态',
  unavailableHint: '这并不表示服务器有问题，页面会自动重试。',
  home: '状态页',
  months: ['1月', '2月', '3月', '4月', '5月', '6月', '7月', '8月', '9月', '10月', '11月', '12月'],
};

export const WORDS: Readonly<Record<Language, Words>> = { en, zh };

/** How the whole fleet is, in one sentence. */
export function bannerText(status: Status, { banner }: Words): string {
  const state = overall(status);
  return state === 'degraded' ? banner.degraded(status.servers.filter(({ health }) => health === 'down').length) : banner[state];
}

/** The language that a reader prefers (RFC 9110 §12.5.4); English when none of ours is asked for. */
export function languageOf(acceptLanguage: string | null | undefined): Language {
  const wanted = (acceptLanguage ?? '').slice(0, 500).split(',').map(parseRange);
  const known = wanted.filter(({ language, quality }) => language !== undefined && quality > 0);
  const [best] = known.sort((a, b) => b.quality - a.quality);
  return best?.language ?? 'en';
}

function parseRange(range: string): { language: Language | undefined; quality: number } {
  const [tag = '', ...parameters] = range.trim().toLowerCase().split(';');
  const quality = parameters.map((parameter) => /^\s*q=([\d.]+)\s*$/.exec(parameter)?.[1]).find((value) => value !== undefined);
  return { language: LANGUAGES.find((language) => tag.split('-')[0] === language), quality: quality === undefined ? 1 : Number(quality) };
}
