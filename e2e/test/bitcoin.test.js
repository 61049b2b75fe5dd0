// The chain follows Bitcoin: one network, from its first block to a deep reorganisation.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { headerHash, mineHeader, shown } from '../support/bitcoin.js';
import { account, listen, send } from '../support/chain.js';
import { Network, until } from '../support/network.js';

const VALIDATORS = ['alice', 'bob', 'charlie', 'dave'];
const LIMIT = { timeout: 300_000 };

let network, bitcoin, api, events;

before(async () => {
	network = await Network.start();
	({ bitcoin, api } = network);
	events = await listen(api, 'btcLightClient');
}, { timeout: 480_000 });

after(() => network?.stop(), { timeout: 60_000 });

/** Waits for an event of the light client that was not heard before. */
function event(name, test = () => true) {
	return until(`the event ${name}`, () => {
		const at = events.findIndex((event) => event.name === name && test(event.data));
		return at >= 0 && events.splice(at, 1)[0].data;
	});
}

/** Bitcoin's tip, once all validators know it. */
async function settled() {
	const tip = await bitcoin.tip();
	await network.follow(tip.hash);
	events.length = 0;
	return tip;
}

test('polkadot.js knows the chain without custom types', LIMIT, async () => {
	assert.equal(api.registry.chainTokens[0], 'ENT');
	assert.equal(api.registry.chainDecimals[0], 12);
	const ebtc = (await api.query.assets.asset(0)).unwrap();
	assert.equal(ebtc.minBalance.toNumber(), 1);
	assert.ok(ebtc.isSufficient.isTrue);
	const { decimals } = await api.query.assets.metadata(0);
	assert.equal(decimals.toNumber(), 8);
	const info = await api.call.btcLightClientApi.tip();
	assert.equal(info.unwrap().height.toNumber(), (await network.tip()).height);
});

test('session keys are five, the validator\'s Bitcoin key among them', LIMIT, async () => {
	const [[, keys]] = (await api.query.session.queuedKeys()).toJSON();
	assert.deepEqual(
		Object.keys(keys).sort(),
		['authorityDiscovery', 'babe', 'beefy', 'btcs', 'grandpa'],
	);
	const rotated = await network.rpc('alice', 'author_rotateKeys');
	assert.match(rotated, /^0x[0-9a-f]+$/);
});

test('blocks mined on Bitcoin appear', LIMIT, async () => {
	await settled();
	await bitcoin.mine(3);
	const tip = await bitcoin.tip();
	await network.follow(tip.hash);
	const known = await network.tip();
	assert.deepEqual({ height: known.height, hash: known.hash }, tip);
	const { to } = await event('Extended', ({ to }) => to.height === tip.height);
	assert.equal(shown(Buffer.from(to.hash.slice(2), 'hex')), tip.hash);
	for (const height of [0, tip.height - 1, tip.height]) {
		const header = await network.rpc('alice', 'bitcoin_getHeader', height);
		assert.equal(header.hash, await bitcoin.call('getblockhash', height));
		assert.equal(header.raw, await bitcoin.call('getblockheader', header.hash, false));
		assert.equal(header.confirmations, tip.height - height + 1);
	}
});

test('a block becomes final through all three gates', LIMIT, async () => {
	const { height } = await settled();
	const [hash] = await bitcoin.mine(1);
	await network.follow(hash);
	const { policy } = await network.rpc('alice', 'bitcoin_status');
	const { storedAt } = await network.rpc('alice', 'bitcoin_getHeader', hash);
	await bitcoin.mine(policy.confirmations - 2);
	await settled();
	await sleep(2_000);
	const early = await network.rpc('alice', 'bitcoin_isFinal', hash);
	assert.deepEqual([early.final, early.reason], [false, 'unconfirmed'], 'one confirmation is missing');
	await bitcoin.mine(1);
	await until('the block is final', async () => (await network.rpc('alice', 'bitcoin_isFinal', hash)).final);

	// Every block of ours since then, judged by what it knew.
	const last = Number((await network.rpc('alice', 'chain_getHeader')).number);
	const answers = [];
	for (let number = storedAt; number <= last; number++) {
		const at = await network.rpc('alice', 'chain_getBlockHash', number);
		const { final, reason } = await network.rpc('alice', 'bitcoin_isFinal', hash, at);
		const { confirmations } = await network.rpc('alice', 'bitcoin_getHeader', hash, at);
		const { named, needed } = await network.rpc('alice', 'bitcoin_attestation', at);
		const above = named.filter((view) => view.height >= height + policy.confirmations).length;
		const expected =
			confirmations < policy.confirmations ? 'unconfirmed'
			: number - storedAt < policy.ownBlocks ? 'tooRecent'
			: above < needed ? 'unattested'
			: undefined;
		assert.deepEqual([final, reason], [expected === undefined, expected], `in block ${number}`);
		answers.push(reason);
	}
	assert.equal(answers[0], 'unconfirmed');
	assert.equal(answers.at(-1), undefined);
});

test('a fork with more work replaces the tip, and the events say so', LIMIT, async () => {
	const before = await settled();
	await bitcoin.call('invalidateblock', await bitcoin.call('getblockhash', before.height - 1));
	await bitcoin.mine(3);
	const after = await bitcoin.tip();
	assert.equal(after.height, before.height + 1);
	await network.follow(after.hash);
	const [{ forkHeight, from, to }] = await event('Reorganised');
	assert.equal(forkHeight, before.height - 2);
	assert.equal(shown(Buffer.from(from.hash.slice(2), 'hex')), before.hash);
	assert.equal(shown(Buffer.from(to.hash.slice(2), 'hex')), after.hash);
	assert.equal(await network.rpc('alice', 'bitcoin_getConfirmations', before.hash), null);
});

// On regtest all blocks have the same work, so the lightest fork that there can be is as long as
// the chain. That more blocks with less work do not win is shown where difficulty can be chosen:
// in the tests of the rules.
test('a fork of no more work does not replace the tip', LIMIT, async () => {
	const before = await settled();
	await bitcoin.call('invalidateblock', before.hash);
	await bitcoin.mine(1);
	const rival = await bitcoin.tip();
	assert.equal(rival.height, before.height);
	await sleep(10_000);
	for (const name of VALIDATORS) assert.equal((await network.tip(name)).hash, before.hash);
	await bitcoin.mine(1);
	await network.follow((await bitcoin.tip()).hash);
	assert.equal(await network.rpc('alice', 'bitcoin_getConfirmations', rival.hash), 2);
});

test('anyone may send headers, free of charge when they advance the tip', LIMIT, async () => {
	const tip = await settled();
	const eve = await account('//Eve');
	const parent = await bitcoin.call('getblockheader', tip.hash);
	const header = mineHeader(Buffer.from(tip.hash, 'hex').reverse(), parent.time + 1);
	const submit = (bytes) =>
		send(api, api.tx.btcLightClient.submitHeaders(`0x${bytes.toString('hex')}`), eve);
	const free = async () => (await api.query.system.account(eve.address)).data.free.toBigInt();

	const rich = await free();
	await submit(header);
	assert.equal(await free(), rich, 'the fee was returned');
	const known = await until('the header is known', async () => {
		const tip = await network.tip();
		return tip.hash === shown(headerHash(header)) && tip;
	});
	assert.equal(known.height, tip.height + 1);

	const orphan = mineHeader(Buffer.alloc(32, 7), parent.time + 1);
	const child = mineHeader(headerHash(header), parent.time + 2);
	const idle = Buffer.from(child);
	while (headerHash(idle)[31] < 0x80) idle.writeUInt32LE(idle.readUInt32LE(76) + 1, 76);
	const heavy = Buffer.from(child);
	heavy.writeUInt32LE(0x2100ffff, 72);
	const early = mineHeader(headerHash(header), parent.time - 1_000_000);
	const late = mineHeader(headerHash(header), Math.floor(Date.now() / 1000) + 3 * 3600);
	const rival = mineHeader(Buffer.from(tip.hash, 'hex').reverse(), parent.time + 2);
	for (const [bytes, error] of [
		[header, 'KnownHeader'],
		[orphan, 'UnknownParent'],
		[rival, 'InsufficientWork'],
		[heavy, 'TargetAboveLimit'],
		[idle, 'InsufficientProofOfWork'],
		[Buffer.concat([child, child]), 'Unlinked'],
		[early, 'TimeTooOld'],
		[late, 'TimeTooFarAhead'],
		[child.subarray(0, 79), 'MalformedHeaders'],
		[Buffer.concat([child, Buffer.alloc(1)]), 'MalformedHeaders'],
		[Buffer.alloc(0), 'NoHeaders'],
		[Buffer.alloc(80 * 2017), 'TooManyHeaders'],
	]) {
		await assert.rejects(submit(bytes), { message: error });
		assert.equal((await network.tip()).hash, known.hash, `${error} changed the tip`);
	}
	assert.ok((await free()) < rich, 'refusals are paid for');

	// No block stands behind that header. Bitcoin goes on without it, and wins.
	await bitcoin.mine(2);
	await network.follow((await bitcoin.tip()).hash);
});

test('a validator that loses its Bitcoin node stops attesting, and the chain goes on', LIMIT, async () => {
	await settled();
	const { validators } = network.state();
	const named = async () => {
		const attestation = await network.rpc('alice', 'bitcoin_attestation');
		return attestation.named.map((view) => view.height);
	};
	await bitcoin.mine(1);
	const { height } = await settled();
	await until('all validators name the tip', async () =>
		(await named()).every((named) => named === height));
	assert.equal(await network.metric('charlie', 'bitcoin_connected'), 1);

	await network.door.shut();
	await until('charlie notices', async () => (await network.metric('charlie', 'bitcoin_connected')) === 0);
	const finalized = await network.finalized('charlie');
	await bitcoin.mine(2);
	await network.follow((await bitcoin.tip()).hash);
	await until('the others name the tip', async () =>
		(await named()).filter((named) => named === height + 2).length === validators.length - 1);
	await until('blocks are finalised', async () => (await network.finalized('charlie')) > finalized + 8);
	assert.equal((await named()).filter((named) => named === height).length, 1, 'charlie is silent');
	await until('charlie says so', async () => (await network.metric('charlie', 'bitcoin_attesting')) === 0);

	await network.door.open();
	await until('charlie attests again', async () => (await named()).every((named) => named === height + 2));
});

test('a node that is killed comes back and catches up', LIMIT, async () => {
	await settled();
	const { pid } = network.validator('bob');
	process.kill(pid, 'SIGKILL');
	await bitcoin.mine(2);
	const tip = await bitcoin.tip();
	await until('bob is restarted', () => network.validator('bob').pid !== pid);
	await network.follow(tip.hash);
	const best = await network.finalized('alice');
	await until('bob finalises what alice has', async () => (await network.finalized('bob')) >= best);
});

test('a deep reorganisation freezes, and governance resumes', LIMIT, async () => {
	const before = await settled();
	const { policy } = await network.rpc('alice', 'bitcoin_status');
	const depth = policy.confirmations;
	const old = await bitcoin.call('getblockhash', 1);
	const judge = async () => (await network.rpc('alice', 'bitcoin_isFinal', old)).reason;
	await until('block 1 is final', async () => (await judge()) === undefined);

	await bitcoin.call('invalidateblock', await bitcoin.call('getblockhash', before.height - depth + 1));
	await bitcoin.mine(depth + 1);
	await network.follow((await bitcoin.tip()).hash);
	const [{ forkHeight }] = await event('Frozen');
	assert.equal(forkHeight, before.height - depth);
	assert.equal(await judge(), 'frozen');

	const alice = await account('//Alice');
	const resume = api.tx.btcLightClient.resume();
	await assert.rejects(send(api, resume, alice), { message: 'BadOrigin' });
	await send(api, api.tx.sudo.sudo(resume), alice);
	await event('Resumed');
	await until('block 1 is final again', async () => (await judge()) === undefined);
	const heard = await send(api, api.tx.sudo.sudo(resume), alice);
	const { data } = heard.find(({ method }) => method === 'Sudid');
	assert.equal(api.registry.findMetaError(data[0].asErr.asModule).name, 'NotFrozen');
});

test('BEEFY and MMR run from the first block', LIMIT, async () => {
	const beefy = await until('BEEFY has finalised', async () => {
		const hash = await network.rpc('bob', 'beefy_getFinalizedHead');
		return Number((await network.rpc('bob', 'chain_getHeader', hash)).number) > 0 && hash;
	}, 120);
	assert.match(await network.rpc('bob', 'mmr_root', beefy), /^0x[0-9a-f]{64}$/);
});
