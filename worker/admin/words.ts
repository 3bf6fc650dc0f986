import type { Language } from '../status/words.ts';

/** What was done, as the page that follows says it. */
export const DONE = ['pin', 'unpin', 'drill', 'maintenance', 'maintenanceEnd', 'revoke', 'fleet', 'rollback', 'notify'] as const;
export type Done = (typeof DONE)[number];

/** The words of people's controls; those of the status page are in status/words.ts. */
export interface AdminWords {
  title: string;
  signIn: string;
  signInHint: string;
  token: string;
  wrongToken: string;
  tooMany: string;
  expired: string;
  foreign: string;
  notSetUp: string;
  signOut: string;
  overview: string;
  fleetFile: string;
  statusPage: string;
  done: Record<Done, string>;
  refused: string;
  pinTo: string;
  pin: string;
  unpin: string;
  forHow: string;
  untilUnpinned: string;
  durations: Record<number, string>;
  drill: string;
  drillHint: string;
  drillNow: string;
  maintenance: string;
  fromUtc: string;
  start: string;
  callOff: string;
  tokens: string;
  noTokens: string;
  created: string;
  lastUsed: string;
  never: string;
  newToken: string;
  newTokenHint: string;
  revoke: string;
  revokeHint: string;
  secretOnce: string;
  notifications: string;
  noChannels: string;
  channel: string;
  channelState: { ok: string; retrying: string; broken: string; blocked: string };
  test: string;
  fleetHint: string;
  check: string;
  putInForce: string;
  changes: string;
  noChanges: string;
  warnings: string;
  errors: string;
  versions: string;
  version: string;
  note: string;
  inForce: string;
  rollBack: string;
  rollBackHint: string;
}

const en: AdminWords = {
  title: 'Controls',
  signIn: 'Sign in',
  signInHint: "With the administrator's token. The session ends by itself after an hour.",
  token: "Administrator's token",
  wrongToken: "This is not the administrator's token.",
  tooMany: 'Too many wrong tokens came from your address. Wait a minute.',
  expired: 'Please sign in again: the session is over. Nothing was changed.',
  foreign: 'This came from another site, or from a page of an earlier session. Nothing was changed.',
  notSetUp:
    'No administrator token is set: run `npx wrangler secret put ADMIN_TOKEN`, or start `npm run serve -- --admin-token-file FILE`.',
  signOut: 'Sign out',
  overview: 'Overview',
  fleetFile: 'Fleet file',
  statusPage: 'Status page',
  done: {
    pin: 'The site is pinned.',
    unpin: 'The pin is gone.',
    drill: 'The drill has begun.',
    maintenance: 'Maintenance is set.',
    maintenanceEnd: 'Maintenance is called off.',
    revoke: 'The token opens nothing any more.',
    fleet: 'The fleet file is in force.',
    rollback: 'The earlier version is in force again, as a new one.',
    notify: 'The test message was taken.',
  },
  refused: 'Not done',
  pinTo: 'Pin to',
  pin: 'Pin',
  unpin: 'Take the pin away',
  forHow: 'for',
  untilUnpinned: 'until I take it away',
  durations: { 900: '15 minutes', 3600: '1 hour', 14400: '4 hours', 86400: '1 day', 604800: '1 week' },
  drill: 'Drill…',
  drillHint: 'New flows go to the standby for the configured time; the gap is measured, and all returns.',
  drillNow: 'Begin the drill',
  maintenance: 'Maintenance',
  fromUtc: 'from (UTC; empty: now)',
  start: 'Set',
  callOff: 'Call it off',
  tokens: 'Tokens',
  noTokens: 'No token is valid.',
  created: 'Created',
  lastUsed: 'Last used',
  never: 'never',
  newToken: 'New token',
  newTokenHint: 'Two can be valid at once, to rotate.',
  revoke: 'Revoke…',
  revokeHint: 'At once; what uses it is refused from then on.',
  secretOnce: 'Copy it now: it is shown this once and stored nowhere.',
  notifications: 'Notifications',
  noChannels: 'The fleet file has no [[notify]].',
  channel: 'Channel',
  channelState: { ok: 'ok', retrying: 'retrying', broken: 'refused', blocked: 'blocked' },
  test: 'Send a test',
  fleetHint: 'TOML or JSON. Nothing changes before you have seen what would.',
  check: 'Check',
  putInForce: 'Put into force',
  changes: 'What changes',
  noChanges: 'Nothing changes.',
  warnings: 'Warnings',
  errors: 'This file has errors',
  versions: 'Versions',
  version: 'Version',
  note: 'Note',
  inForce: 'in force',
  rollBack: 'Roll back…',
  rollBackHint: 'Puts this version again, as a new one.',
};

const zh: AdminWords = {
  title: '控制台',
  signIn: '登录',
  signInHint: '使用管理员令牌登录，会话一小时后自动结束。',
  token: '管理员令牌',
  wrongToken: '管理员令牌不正确。',
  tooMany: '来自您地址的错误令牌过多，请一分钟后再试。',
  expired: '会话已结束，请重新登录。未作任何更改。',
  foreign: '请求来自其他网站或先前会话的页面。未作任何更改。',
  notSetUp: '尚未设置管理员令牌：运行 `npx wrangler secret put ADMIN_TOKEN`，或启动 `npm run serve -- --admin-token-file FILE`。',
  signOut: '退出登录',
  overview: '概览',
  fleetFile: '配置文件',
  statusPage: '状态页',
  done: {
    pin: '站点已固定。',
    unpin: '已取消固定。',
    drill: '演练已开始。',
    maintenance: '维护已设置。',
    maintenanceEnd: '维护已取消。',
    revoke: '令牌已失效。',
    fleet: '配置文件已生效。',
    rollback: '先前版本已作为新版本生效。',
    notify: '测试消息已送达。',
  },
  refused: '未执行',
  pinTo: '固定到',
  pin: '固定',
  unpin: '取消固定',
  forHow: '时长',
  untilUnpinned: '直到手动取消',
  durations: { 900: '15 分钟', 3600: '1 小时', 14400: '4 小时', 86400: '1 天', 604800: '1 周' },
  drill: '演练…',
  drillHint: '新连接在设定时间内转到备用服务器，测量中断时长后全部返回。',
  drillNow: '开始演练',
  maintenance: '维护',
  fromUtc: '开始时间（UTC，留空为现在）',
  start: '设置',
  callOff: '取消维护',
  tokens: '令牌',
  noTokens: '没有有效令牌。',
  created: '创建时间',
  lastUsed: '最近使用',
  never: '从未',
  newToken: '新建令牌',
  newTokenHint: '可同时有两个有效令牌，便于轮换。',
  revoke: '吊销…',
  revokeHint: '立即生效，使用该令牌的请求将被拒绝。',
  secretOnce: '请立即复制：仅显示这一次，不会保存。',
  notifications: '通知',
  noChannels: '配置文件中没有 [[notify]]。',
  channel: '通道',
  channelState: { ok: '正常', retrying: '重试中', broken: '被拒绝', blocked: '受阻' },
  test: '发送测试',
  fleetHint: 'TOML 或 JSON。确认变更之前不会生效。',
  check: '检查',
  putInForce: '生效',
  changes: '变更内容',
  noChanges: '没有变更。',
  warnings: '警告',
  errors: '文件有错误',
  versions: '版本',
  version: '版本',
  note: '备注',
  inForce: '当前',
  rollBack: '回滚…',
  rollBackHint: '将此版本作为新版本重新生效。',
};

export const ADMIN_WORDS: Readonly<Record<Language, AdminWords>> = { en, zh };
