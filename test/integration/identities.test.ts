import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateKeyPair } from '#platform/crypto';
import { connectSocketLink } from '../../client/edge/socket-link.ts';
import { startServer } from '../../server/start-server.ts';
import { edgeIdOf } from '../../shared/edge-id.ts';
import { toHex } from '../../shared/hex.ts';
import { asTaskId } from '../../shared/ids.ts';
import { bundleScript } from '../helpers/bundle-script.ts';
import { enrolRequest, hello, openHandEdge, signed, toyReport } from '../helpers/hand-edge.ts';
import { selectHands, startLiveServer, type LiveServer } from '../helpers/live-server.ts';
import { openRawWebSocket } from '../helpers/raw-websocket.ts';
import { thrownBy } from '../helpers/thrown.ts';
import { createToyEvaluator } from '../helpers/toy-task.ts';
import { toySpec } from '../helpers/virtual-federation.ts';

const LINE = asTaskId('line');
const SPEC = toySpec({ round: { goal: 2, minimum: 1, overSelection: 1, configurationSeconds: 3600, reportingSeconds: 3600, absenceSeconds: 0.05 }, stop: { rounds: 1 } });
const codeOf = async (call: () => unknown): Promise<string> => (await thrownBy(call)).code;

let folder: string;
const running: LiveServer[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmuration-identities-'));
});
afterEach(async () => {
  for (const live of running.splice(0)) await live.stop();
  await rm(folder, { recursive: true, force: true });
});

async function started(options: Parameters<typeof startLiveServer>[0] = {}): Promise<LiveServer> {
  const live = await startLiveServer({ data: join(folder, 'data'), ...options });
  running.push(live);
  return live;
}

describe('enrolment', () => {
  it('needs the token, where it is not open', async () => {
    const live = await started();
    const attempt = async (token?: string): Promise<string> => (await openHandEdge(await live.connect(), token === undefined ? {} : { token })).edge;
    expect(await codeOf(() => attempt())).toBe('bad_token');
    expect(await codeOf(() => attempt(''))).toBe('bad_token');
    expect(await codeOf(() => attempt(`${live.server.enrolmentToken}x`))).toBe('bad_token');
    expect(await attempt(live.server.enrolmentToken)).toMatch(/^e[0-9a-f]{20}$/);
    expect(await attempt(live.server.adminToken)).toMatch(/^e[0-9a-f]{20}$/);
  });

  it('is open where it was opened', async () => {
    const live = await started({ enrolment: { open: true } });
    expect((await openHandEdge(await live.connect())).edge).toMatch(/^e/);
    expect(await codeOf(async () => openHandEdge(await live.connect(), { role: 'aggregator' }))).toBe('bad_token');
  });

  it('proves that the secret key is there, over this session’s challenge', async () => {
    const live = await started();
    const token = live.server.enrolmentToken;
    const [mine, other] = [generateKeyPair(), generateKeyPair()];
    const link = await live.connect();
    const { challenge } = await hello(link);
    const { challenge: elsewhere } = await hello(await live.connect());
    const forged = { ...enrolRequest(challenge, mine, { token }), publicKey: toHex(other.publicKey) };
    expect(await codeOf(() => link.request('enrol', forged))).toBe('bad_signature');
    expect(await codeOf(() => link.request('enrol', enrolRequest(elsewhere, mine, { token })))).toBe('bad_signature');
    expect(await codeOf(() => link.request('enrol', { ...enrolRequest(challenge, mine, { token }), signature: signed('authenticate', challenge, mine) }))).toBe('bad_signature');
    expect(await codeOf(() => link.request('enrol', { ...enrolRequest(challenge, mine, { token }), publicKey: '0'.repeat(64) }))).toBe('bad_signature');
    expect((await live.api('/api/edges')).body).toEqual({ edges: [] });
  });

  it('of the same key again is the same edge, also after a restart', async () => {
    const live = await started();
    const keys = generateKeyPair();
    const first = await live.handEdge({ keys, name: 'a laptop' });
    const second = await live.handEdge({ keys, name: 'another name' });
    expect(second.edge).toBe(first.edge);
    expect(first.edge).toBe(edgeIdOf(keys.publicKey));
    await live.stop();
    running.splice(0);
    const again = await started();
    // Known by its key: no token is asked.
    const link = await again.connect();
    const { challenge } = await hello(link);
    expect(await link.request('authenticate', { edge: first.edge, signature: signed('authenticate', challenge, keys) })).toMatchObject({ openAssignments: [] });
    const { body } = await again.api('/api/edges');
    expect(body).toMatchObject({ edges: [{ id: first.edge, name: 'a laptop', role: 'edge', revokedAt: null }] });
  });

  it('as an aggregator needs the admin token, and a key of its own', async () => {
    const live = await started();
    expect(await codeOf(() => live.handEdge({ role: 'aggregator' }))).toBe('bad_token');
    const keys = generateKeyPair();
    await live.handEdge({ keys, role: 'aggregator', token: live.server.adminToken });
    expect(await codeOf(() => live.handEdge({ keys, role: 'edge' }))).toBe('conflict');
    const edge = generateKeyPair();
    await live.handEdge({ keys: edge });
    expect(await codeOf(() => live.handEdge({ keys: edge, role: 'aggregator', token: live.server.adminToken }))).toBe('conflict');
  });
});

describe('a session', () => {
  it('is one edge’s where two ask for it at once over one connection', async () => {
    const live = await started();
    const [one, two] = [generateKeyPair(), generateKeyPair()];
    const hands = [await live.handEdge({ keys: one }), await live.handEdge({ keys: two })];
    const link = await live.connect();
    const { challenge } = await hello(link);
    const asked = [one, two].map((keys, i) => codeOf(() => link.request('authenticate', { edge: hands[i].edge, signature: signed('authenticate', challenge, keys) })));
    const codes = await Promise.allSettled(asked);
    expect(codes.filter(({ status }) => status === 'fulfilled')).toEqual([{ status: 'fulfilled', value: 'conflict' }]);
  });

  it('is one edge’s: no other can be spoken for, by its id or over its connection', async () => {
    const live = await started();
    await live.runTask(SPEC);
    const [one, two] = await selectHands(live, 'line', 2);
    const frame = toyReport(one.assign.assignment, [4, 4]);
    expect(await codeOf(() => two.hand.report(one.assign.assignment, frame))).toBe('not_selected');
    // The other's own name and key, but over a connection that is somebody's already.
    const { challenge } = await hello(two.hand.link);
    expect(await codeOf(() => two.hand.link.request('authenticate', { edge: one.hand.edge, signature: signed('authenticate', challenge, one.hand.keys) }))).toBe('conflict');
    expect(await codeOf(() => two.hand.report(one.assign.assignment, frame))).toBe('not_selected');
    // Saying one's own name again changes nothing.
    expect(await two.hand.link.request('authenticate', { edge: two.hand.edge, signature: signed('authenticate', challenge, two.hand.keys) })).toMatchObject({ openAssignments: [two.assign.assignment] });
    expect(two.hand.link.closed).toBe(false);
  });

  it('gives way to a newer one of the same edge', async () => {
    const live = await started();
    const keys = generateKeyPair();
    const first = await live.handEdge({ keys });
    const closed = new Promise<string>((resolve) => first.link.onClose(resolve));
    const second = await live.handEdge({ keys });
    await closed;
    expect(await second.link.request('tasks', {})).toMatchObject({ tasks: [] });
  });

  it('ends with a farewell that is acknowledged, and frees what it held', async () => {
    const live = await started();
    await live.runTask(SPEC);
    const [one, two] = await selectHands(live, 'line', 2);
    expect(await one.hand.link.request('leave', {})).toMatchObject({ ok: true });
    expect(live.server.coordinator.driver(LINE).openAssignmentsOf(one.hand.edge)).toEqual([]);
    expect(await two.hand.report(two.assign.assignment, toyReport(two.assign.assignment, [0.5, -0.25]))).toMatchObject({ outcome: 'accepted' });
    await live.untilRounds(1);
    expect(live.rounds[0]).toMatchObject({ outcome: 'committed', reported: 1 });
  });
});

describe('revocation', () => {
  it('needs the admin token', async () => {
    const live = await started();
    const { edge, link } = await live.handEdge();
    const wrong: Record<string, string>[] = [{}, { authorization: 'Bearer guessed' }, { authorization: `Bearer ${live.server.enrolmentToken}` }, { authorization: live.server.adminToken }];
    for (const headers of wrong) {
      expect(await live.api(`/api/edges/${edge}/revoke`, { method: 'POST', headers })).toMatchObject({ status: 401, body: { ok: false, error: { code: 'bad_token' } } });
    }
    expect(await link.request('tasks', {})).toMatchObject({ ok: true });
    expect(await live.api('/api/edges/e00000000000000000000/revoke', { method: 'POST', admin: true })).toMatchObject({ status: 404 });
  });

  it('cuts the session, refuses the next one, and the round goes on without it', async () => {
    const live = await started();
    await live.runTask(SPEC);
    const [bad, good] = await selectHands(live, 'line', 2);
    const cut = new Promise<string>((resolve) => bad.hand.link.onClose(resolve));
    expect(await live.api(`/api/edges/${bad.hand.edge}/revoke`, { method: 'POST', admin: true })).toMatchObject({ status: 200, body: { edge: { id: bad.hand.edge } } });
    await cut;
    expect(await codeOf(() => bad.hand.report(bad.assign.assignment, toyReport(bad.assign.assignment, [4, 4])))).toBe('disconnected');
    // Neither the key nor the token opens the door again.
    expect(await codeOf(() => live.handEdge({ keys: bad.hand.keys }))).toBe('revoked');
    const link = await live.connect();
    const { challenge } = await hello(link);
    expect(await codeOf(() => link.request('authenticate', { edge: bad.hand.edge, signature: signed('authenticate', challenge, bad.hand.keys) }))).toBe('revoked');
    // Whoever has no key is not told that the edge was revoked.
    expect(await codeOf(() => link.request('authenticate', { edge: bad.hand.edge, signature: '0'.repeat(128) }))).toBe('bad_signature');
    expect(await good.hand.report(good.assign.assignment, toyReport(good.assign.assignment, [0.5, -0.25]))).toMatchObject({ outcome: 'accepted' });
    await live.untilRounds(1);
    expect(live.rounds[0]).toMatchObject({ outcome: 'committed', reported: 1 });
    expect(await live.weightsOf('line', 1)).toEqual([0.5, -0.25]);
  });
});

describe('the API', () => {
  it('changes nothing without the admin token', async () => {
    const live = await started();
    await live.server.createTask(SPEC);
    for (const path of ['/api/tasks', '/api/tasks/line/start', '/api/tasks/line/stop']) {
      const json = { 'content-type': 'application/json' };
      expect(await live.api(path, { method: 'POST', headers: json, body: JSON.stringify(toySpec({ name: 'other' })) })).toMatchObject({ status: 401, body: { error: { code: 'bad_token' } } });
    }
    expect((await live.api('/api/tasks')).body).toMatchObject({ tasks: [{ id: 'line', status: 'created' }] });
    expect(await live.api('/api/tasks/line/start', { method: 'POST', admin: true })).toMatchObject({ status: 200, body: { task: { status: 'running' } } });
  });

  it.each([
    ['/api/edges?limit=0', 400, 'bad_message'],
    ['/api/edges?after=nobody', 400, 'bad_message'],
    ['/api/tasks/line/rounds?limit=x', 400, 'bad_message'],
    ['/api/tasks/line/rounds/x', 400, 'bad_message'],
    ['/api/tasks/line/rounds/99', 404, 'not_found'],
    ['/api/tasks/nothing', 404, 'not_found'],
    ['/api/tasks/line/versions/99', 404, 'not_found'],
    ['/api/nothing', 404, 'not_found'],
    ['/checkpoints/x', 404, 'not_found'],
    ['/checkpoints/..%2f..%2fadmin-token', 404, 'not_found'],
    ['/assets/..%2f..%2fpackage.json', 400, 'bad_message'],
  ])('answers %s with %i %s', async (path, status, code) => {
    const live = await started();
    await live.server.createTask(SPEC);
    expect(await live.api(path)).toMatchObject({ status, body: { ok: false, error: { code } } });
  });
});

describe('Origin and Host', () => {
  it('of another site are refused, for pages, the API and sockets alike', async () => {
    const live = await started();
    const forbidden = { status: 403, body: { ok: false, error: { code: 'forbidden' } } };
    const wrong: Record<string, string>[] = [{ origin: 'https://evil.example' }, { origin: 'null' }];
    for (const headers of wrong) {
      expect(await live.api('/api/state', { headers })).toMatchObject(forbidden);
      expect(await live.api('/healthz', { headers })).toMatchObject(forbidden);
      expect(await openRawWebSocket(live.server.url, headers)).toEqual({ status: 400, body: `requests from pages of ${headers.origin} are not taken` });
    }
    // fetch sets Host itself: a name that was rebound to loopback is said over a bare socket.
    const host = `evil.example:${live.server.port}`;
    expect(await openRawWebSocket(live.server.url, { host })).toEqual({ status: 400, body: `this coordinator is bound to loopback and does not answer for ${host}` });
    const opened = await openRawWebSocket(live.server.url, { origin: live.server.url });
    if ('status' in opened) throw new Error(`the page's own origin was refused: ${opened.body}`);
    opened.close();
    expect(await live.api('/healthz', { headers: { origin: live.server.url } })).toMatchObject({ status: 200 });
  });
});

describe('starting', () => {
  const attempt = async (options: Parameters<typeof startServer>[0]): Promise<Awaited<ReturnType<typeof thrownBy>>> =>
    thrownBy(async () => (await startServer({ port: 0, data: join(folder, 'data'), evaluator: createToyEvaluator(), ...options })).stop());

  it('on an address that others reach is refused without tokens, before anything is touched', async () => {
    for (const [options, missing] of [
      [{ host: '0.0.0.0' }, ['admin token', 'enrolment token']],
      [{ host: '::' }, ['admin token', 'enrolment token']],
      [{ host: '0.0.0.0', adminToken: 'a' }, ['enrolment token']],
      [{ host: '0.0.0.0', enrolment: { token: 'e' } }, ['admin token']],
      [{ host: '0.0.0.0', adminToken: 'a', enrolment: { open: true } }, ['enrolment token']],
      [{ host: '127.example.com' }, ['admin token', 'enrolment token']],
    ] as const) {
      const error = await attempt(options);
      expect(error.code).toBe('bad_config');
      for (const what of missing) expect(error.message).toContain(what);
      expect(error.message).toContain('bind to 127.0.0.1');
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it('with an empty token is refused: it would keep nobody out', async () => {
    expect((await attempt({ adminToken: '' })).code).toBe('bad_config');
    expect((await attempt({ enrolment: { token: '' } })).code).toBe('bad_config');
  });

  it('makes tokens that only their owner reads, and keeps them', async () => {
    const live = await started();
    const { adminToken, enrolmentToken } = live.server;
    expect(adminToken).not.toBe(enrolmentToken);
    expect((await readFile(join(live.folder, 'admin-token'), 'utf8')).trim()).toBe(adminToken);
    for (const name of ['admin-token', 'enrolment-token']) expect((await stat(join(live.folder, name))).mode & 0o777).toBe(0o600);
    expect((await stat(live.folder)).mode & 0o777).toBe(0o700);
    await live.stop();
    running.splice(0);
    const { server } = await started();
    expect([server.adminToken, server.enrolmentToken]).toEqual([adminToken, enrolmentToken]);
  });

  it('on a port that is taken names it', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const error = await attempt({ port });
    expect(error.code).toBe('bad_config');
    expect(error.message).toContain(`127.0.0.1:${port}`);
    expect(error.message).toContain('choose another port');
    // And leaves the folder free.
    const live = await started();
    expect((await live.api('/healthz')).status).toBe(200);
    other.close();
  });

  it('on a data folder that a coordinator uses leaves that one alone', async () => {
    const live = await started();
    await live.runTask(SPEC);
    const hands = await selectHands(live, 'line', 2);
    const error = await attempt({});
    expect(error.code).toBe('conflict');
    expect(error.message).toContain(live.folder);
    expect(error.message).toContain(live.server.url.replace(/^http:\/\//, ''));
    // The lease is where it was: the round commits.
    for (const { hand, assign } of hands) expect(await hand.report(assign.assignment, toyReport(assign.assignment, [0.5, -0.25]))).toMatchObject({ outcome: 'accepted' });
    await live.untilRounds(1);
    expect(live.rounds[0]).toMatchObject({ outcome: 'committed', reported: 2 });
  });

  it('is not hindered by what a killed coordinator left', async () => {
    const data = join(folder, 'data');
    await mkdir(data);
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as AddressInfo;
    free.close();
    await once(free, 'close');
    for (const left of [`{"url":"http://127.0.0.1:${port}","pid":${process.pid}}`, '{"url":"http://127.0.0.1:1","pid":999999999}', '{"url":5}', 'no JSON']) {
      await writeFile(join(data, 'server.json'), left);
      const live = await started();
      await live.stop();
      running.splice(0);
      expect(await readdir(data)).not.toContain('server.json');
    }
  });

  it('where the data folder cannot be made names it', async () => {
    await writeFile(join(folder, 'file'), '');
    const data = join(folder, 'file', 'data');
    const error = await attempt({ data });
    expect(error.code).toBe('storage_failed');
    expect(error.message).toContain(data);
    expect(error.message).toContain('a part of the path is a file');
  });

  const mountable = (): boolean => {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
    try {
      execFileSync('unshare', ['-m', 'true'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };

  it.skipIf(!mountable())('on a full disk names the folder', async () => {
    const data = join(folder, 'small');
    await mkdir(data);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', data]);
    try {
      await writeFile(join(data, 'filler'), new Uint8Array(40_000));
      const error = await attempt({ data });
      expect(error.code).toBe('storage_failed');
      expect(error.message).toContain(data);
      expect(error.message).toContain('the disk is full');
    } finally {
      execFileSync('umount', [data]);
    }
  });

  it.skipIf(!mountable())('on a read-only disk names the folder', async () => {
    const data = join(folder, 'read-only');
    await mkdir(data);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', data]);
    try {
      const error = await attempt({ data });
      expect(error.code).toBe('storage_failed');
      expect(error.message).toContain(data);
      expect(error.message).toContain('read-only');
    } finally {
      execFileSync('umount', [data]);
    }
  });

  it('with a TLS file that is not there names it', async () => {
    const error = await attempt({ tls: { cert: join(folder, 'none.pem'), key: join(folder, 'none.pem') } });
    expect(error.code).toBe('bad_config');
    expect(error.message).toContain(join(folder, 'none.pem'));
    await writeFile(join(folder, 'bad.pem'), 'no certificate');
    const unreadable = await attempt({ tls: { cert: join(folder, 'bad.pem'), key: join(folder, 'bad.pem') } });
    expect(unreadable.code).toBe('bad_config');
    expect(unreadable.message).toContain(join(folder, 'bad.pem'));
  });
});

describe('TLS', () => {
  const openssl = (): boolean => {
    try {
      execFileSync('openssl', ['version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };

  it.skipIf(!openssl())('carries a round from end to end (needs openssl)', async () => {
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'], { stdio: 'ignore' });
    const live = await started({ tls: { cert, key } });
    expect(live.server.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    await live.runTask(toySpec({ ...SPEC, round: { ...SPEC.round, goal: 1 } }));
    // Whoever does not trust the certificate does not connect.
    const error = await thrownBy(() => connectSocketLink(live.server.url, new AbortController().signal));
    expect(error.code).toBe('disconnected');
    expect(error.message).toContain(live.server.url);
    const script = await bundleScript(new URL('../helpers/tls-edge-process.ts', import.meta.url));
    try {
      const child = fork(script.path, [live.server.url, live.server.enrolmentToken], { env: { ...process.env, NODE_EXTRA_CA_CERTS: cert }, execArgv: [] });
      const [told] = (await Promise.race([once(child, 'message'), once(child, 'exit').then(([code]) => [`ended with status ${String(code)}`])])) as [unknown];
      expect(told).toEqual({ base: [0, 0], outcome: 'accepted' });
      await live.untilRounds(1);
      expect(live.rounds[0]).toMatchObject({ outcome: 'committed', reported: 1 });
    } finally {
      await script.remove();
    }
  });
});
