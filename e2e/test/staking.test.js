// Staking: bonds on Bitcoin make validators, earn, and are left; and one who runs a validator twice loses
// bonds on Bitcoin, of those who bonded for it too.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Chronicle, account, send } from '../support/chain.js';
import { Network, until } from '../support/network.js';
import { Peg, payee } from '../support/peg.js';
import { Staking, accountOf, call, funding, word, written } from '../support/staking.js';

const LIMIT = { timeout: 300_000 };
/** One ENT. */
const ENT = 10n ** 12n;
/** What each sequencer has at stake. */
const STAKE = 2_000n * ENT;
/** Blocks for which bonds are locked: more than are mined here. */
const LONG = 1_000;
/** The least rate that Bitcoin's memory pool takes during the spike, and the estimate then, in satoshi per virtual
 * byte. */
const [LEAST, ESTIMATE] = [20, 25];

/** Who bonds for whom, and how many satoshi. Four of the five sequencers are elected: not Bob. */
const BONDS = {
	alice: ['Alice', 'Alice', 3_000_000],
	charlie: ['Charlie', 'Charlie', 2_000_000],
	dave: ['Dave', 'Dave', 1_000_001],
	eve: ['Eve', 'Eve', 1_500_000],
	bob: ['Bob', 'Bob', 500_000],
	/** Earns, and leaves. */
	leaver: ['Ferdie', 'Alice', 700_000],
	/** Has chosen badly. */
	victim: ['Eve//stash', 'Dave', 800_000],
	/** Has too, and runs. */
	runner: ['Ferdie//stash', 'Dave', 600_000],
};
const SEQUENCERS = ['Alice', 'Bob', 'Charlie', 'Dave', 'Eve'];

let network, bitcoin, api, chronicle, staking, peg, guarded;
/** Accounts by their names. */
const people = {};
/** Bonds by their names above. */
const bonds = {};
/** The committee that served at first. */
let founders;
/** When Eve's node has caught up. It has the key that pays for what slashes. */
let eve;
/** Whether Dave's node stands still. */
let stopped = false;

before(async () => {
	network = await Network.start({
		genesis: {
			// Half a minute: who is elected takes office while one waits.
			timing: { epochLength: 10 },
			// One hand-over while this runs, of whoever is elected by then.
			peg: { policy: { term: 100 } },
			sequencerStaking: {
				// With sessions as short as these it happens that one makes no block in several.
				policy: { validators: 4, offlineSessions: 1_000 },
			},
		},
	});
	({ bitcoin, api } = network);
	for (const name of [...SEQUENCERS, 'Ferdie', 'Eve//stash', 'Ferdie//stash']) people[name] = await account(`//${name}`);
	chronicle = await Chronicle.of(api, 'sequencerStaking', 'offences', 'balances');
	staking = new Staking(network, chronicle);
	peg = new Peg(network, people.Alice);
	({ policy: peg.policy } = await peg.ask('status'));
	[founders] = await peg.ask('committees');
	guarded = await peg.guard();

	const key = network.file('fee.key');
	writeFileSync(key, randomBytes(32).toString('hex'), { mode: 0o600 });
	eve = network.join('eve', 'eve', 'dave', `--bitcoin-fee-key=${key}`);
	eve.catch(() => {}); // Looked at where it is needed; until then its failure is nobody's.
}, { timeout: 480_000 });

after(async () => {
	if (stopped) network.signal('dave', 'SIGCONT');
	// As it is now: a question that the end of the network cuts off is no violation.
	const { blocks, violations } = structuredClone(guarded ?? {});
	await network?.stop();
	assert.deepEqual(violations, [], 'custody held what it owed, at every block');
	assert.ok(blocks > 50, `${blocks} blocks were looked at`);
}, { timeout: 60_000 });

/** The addresses of these people, in the order of the chain's own lists. */
const addresses = (...names) =>
	names.map((name) => api.registry.createType('AccountId', people[name].publicKey).toString()).sort();

const total = (names) => names.reduce((sum, name) => sum + bonds[name].value, 0);

/** What a sequencer's record says now. */
const sequencer = (name) => staking.ask('sequencer', people[name].address);

test('bonds count once they are on Bitcoin, and those with the most BTC are elected', LIMIT, async () => {
	const coins = await staking.coins(Object.values(BONDS).map(([, , sats]) => sats));
	// eBTC for somebody, so that custody has something to lose.
	const refund = { key: '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798', delay: LONG };
	const destination = { account: Buffer.from(people.Bob.publicKey).toString('hex') };
	const deposit = await peg.address(destination, refund);
	const deposited = await network.pay([[deposit.address, 5_000_000]]);

	const { stake, setCommission, stand } = api.tx.sequencerStaking;
	const tooLittle = staking.as('Ferdie', 'sequencer', 'stake', 999);
	const refused = assert.rejects(tooLittle, /BelowMinimumStake/);
	const begin = (name) => staking.send(name, stake(STAKE), setCommission(100_000), stand());
	const standing = Object.fromEntries(SEQUENCERS.map((name) => [name, name === 'Eve' ? join() : begin(name)]));
	const registering = Object.entries(BONDS).map(async ([name, [owner, whose]], at) => {
		await standing[whose];
		const bond = await staking.register(owner, people[whose], coins[at], LONG);
		bonds[name] = bond;
		// Nothing is locked before its way out is signed.
		if (name === 'bob') await assert.rejects(staking.pay(bond), /NotApproved/);
	});
	await Promise.all([refused, ...registering]);
	await Promise.all([staking.as('Eve', 'sequencer', 'stand'), refusedRegistrations()]);

	await Promise.all(Object.values(bonds).map((bond) => staking.fund(bond)));
	assert.equal((await bitcoin.call('getrawmempool')).length, coins.length + 1);
	const [block] = await bitcoin.mine(1);
	await until('alice knows the block', async () => (await network.tip()).hash === block);
	const activation = await staking.activation(bonds.alice.outpoint);
	await assert.rejects(send(api, activation, people.Bob), { message: 'BlockNotFinal' });

	await peg.finalise(block);
	const { state } = await network.entangled('bond', 'activate', bonds.alice.outpoint);
	assert.equal(state, 'active');
	await Promise.all(Object.values(bonds).map(({ outpoint }) => staking.reached(outpoint, 'active')));
	await assert.rejects(send(api, activation, people.Bob), { message: 'AlreadyActive' });
	assert.equal((await staking.ask('status')).bonded, total(Object.keys(bonds)));
	const ranked = (await staking.ask('sequencers')).filter(({ rank }) => rank !== null);
	const order = [
		['Alice', 'alice', 'leaver'],
		['Dave', 'dave', 'victim', 'runner'],
		['Charlie', 'charlie'],
		['Eve', 'eve'],
		['Bob', 'bob'],
	];
	assert.deepEqual(
		ranked.map(({ account, weight }) => [account, weight]),
		order.map(([name, ...of]) => [addresses(name)[0], total(of)]),
	);
	await peg.bring(deposited, 0, (proof) => peg.claim(proof, 0, deposit.terms));
});

/** Eve has no keys yet that validators have. Her node makes some. */
async function join() {
	await eve;
	const { http } = network.validator('eve');
	await staking.as('Eve', 'sequencer', 'keys', '--rpc', http);
	await staking.as('Eve', 'sequencer', 'stake', STAKE / ENT);
}

/** What is no bond is refused by name, and changes nothing. */
async function refusedRegistrations() {
	const { victim, runner } = bonds;
	const before = await staking.ask('bondsOf', people.Dave.address);
	const address = (timelock, ...key) => staking.as('Dave', 'bond', 'address', '--sequencer', people.Dave.address,
		...key, '--timelock', timelock, '--save', network.file('refused.terms'));
	const register = (key) => staking.as(victim.owner, 'bond', 'register', '--bond', victim.terms, '--funding', victim.unsigned,
		'--staker-key', key, '--yes');
	const member = founders.members[0].key;
	await assert.rejects(address(39, '--new-staker-key', network.file('refused.key')), /timelock/i);
	await assert.rejects(address(LONG, '--staker', member), /key/i);
	await assert.rejects(register(runner.key), /key/);
	await assert.rejects(register(victim.key), /AlreadyRegistered/);

	// The signatures of the one transaction are good for no other.
	const other = (value) => `0x${funding(victim, victim.script, false, value)}`;
	const deviations = [
		[{}, 'AlreadyRegistered'],
		[{ funding: other(victim.value - 1) }, 'WrongBondSlashSignature'],
		[{ funding: other(99_999) }, 'BelowMinimum'],
		[{ timelock: 39 }, 'TimelockOutOfRange'],
		[{ timelock: 2_001 }, 'TimelockOutOfRange'],
		[{ timelock: LONG + 1 }, 'WrongScript'],
		[{ vout: 1 }, 'NoSuchOutput'],
		[{ staker: `0x${member}` }, 'InvalidKey'],
		[{ sequencer: people.Ferdie.address }, 'UnknownSequencer'],
		[{ covenant: founders.id + 1 }, 'UnknownCovenant'],
	];
	const calls = await Promise.all(deviations.map(([changes]) => staking.registration(victim, changes)));
	assert.deepEqual(await staking.failures(victim.owner, calls), deviations.map(([, error]) => error));
	assert.deepEqual((await staking.ask('bondsOf', people.Dave.address)).sort(), before.sort());
}

test('sequencer and delegator collect what they have earned, once', LIMIT, async () => {
	const { leaver, alice } = bonds;
	// What the network earns in eBTC, the end of the session shares. It may be that Alice has made no block in one.
	for (let sessions = 0; sessions < 4; sessions++) {
		await network.entangled('transfer', '--to', accountOf(api, 'ent/stak'), '--amount', '400000', '--dev', 'Bob');
		// Nothing is added before the next ends.
		await staking.session();
		const { ebtc } = await staking.ask('pendingRewards', people.Ferdie.address, [leaver.outpoint]);
		if (ebtc > 0) break;
	}
	const collect = (...of) => api.tx.sequencerStaking.collect(of.map(({ outpoint }) => call(outpoint)));
	await Promise.all([
		collected('Ferdie', leaver, () => staking.as('Ferdie', 'bond', 'collect', leaver.outpoint)),
		collected('Alice', alice, () => send(api, collect(alice), people.Alice)),
	]);
	assert.deepEqual(
		await staking.failures('Ferdie', [collect(alice), collect(leaver, leaver)]),
		['NotOwner', 'NothingToCollect'],
	);
	await assert.rejects(staking.as('Ferdie', 'bond', 'collect', leaver.outpoint), /NothingToCollect/);

	const elected = addresses('Alice', 'Charlie', 'Dave', 'Eve');
	await until('the elected make the blocks', async () => String(await staking.validators()) === String(elected), 120);
	const { data } = chronicle.all('Elected').at(-1);
	assert.deepEqual([data.validators, data.filling], [4, 0]);
});

/** Asserts that somebody is paid exactly what was pending, and that no more was than is owed. */
async function collected(name, { outpoint }, collect) {
	const who = addresses(name)[0];
	await collect();
	const { data: { earnings }, hash, parent } = await chronicle.said('RewardsCollected', (data) => data.who === who);
	const amounts = ({ ent, ebtc }) => ({ ent: BigInt(ent), ebtc: BigInt(ebtc) });
	const paid = amounts(earnings);
	const pending = amounts(await staking.ask('pendingRewards', who, [outpoint], parent));
	assert.deepEqual(paid, pending, `${name} has what was pending`);
	assert.ok(paid.ent > 0n && paid.ebtc > 0n, `${name} has earned ${paid.ent} and ${paid.ebtc}`);
	assert.deepEqual(amounts(await staking.ask('pendingRewards', who, [outpoint], hash)), { ent: 0n, ebtc: 0n });

	const [before, after] = await Promise.all([parent, hash].map((at) => staking.ask('status', at)));
	const owed = [before, after].map((status) => amounts(status.owed));
	const here = chronicle.all('RewardsCollected').filter((entry) => entry.hash === hash);
	for (const what of ['ent', 'ebtc']) {
		assert.equal(owed[0][what] - owed[1][what], here.reduce((sum, { data }) => sum + amounts(data.earnings)[what], 0n));
	}
	const all = await Promise.all(Object.values(bonds).map(async (bond) =>
		amounts(await staking.ask('pendingRewards', people[bond.owner].address, [bond.outpoint], parent))));
	const sum = (what) => all.reduce((sum, each) => sum + each[what], 0n);
	assert.ok(sum('ent') <= owed[0].ent && sum('ebtc') <= owed[0].ebtc, 'no more is pending than is owed');

	const held = async (at) => {
		const { query } = await api.at(at);
		const [{ data }, asset] = [await query.system.account(who), await query.assets.account(0, who)];
		return { ent: data.free.toBigInt(), ebtc: asset.isSome ? asset.unwrap().balance.toBigInt() : 0n };
	};
	const [had, has] = [await held(parent), await held(hash)];
	const records = await (await api.at(hash)).query.system.events();
	const fees = records.filter(({ event: { method, data } }) => /FeePaid/.test(method) && String(data[0]) === who);
	assert.equal(fees.length, 1);
	assert.equal(has.ent - had.ent, paid.ent - fees[0].event.data[1].toBigInt());
	assert.equal(has.ebtc - had.ebtc, paid.ebtc);
}

test('a bond is left after the committee has changed, and withdrawn when its time has come', LIMIT, async () => {
	const [{ activeFrom }] = await peg.ask('committees');
	const missing = activeFrom + peg.policy.term - (await bitcoin.tip()).height;
	if (missing > 0) await bitcoin.mine(missing);
	await until('others are to take over', async () => {
		await peg.step();
		return (await peg.ask('candidate')) || (await peg.ask('committees')).length > 1;
	});
	const serving = await until('the elected hold the keys', async () => {
		const committees = await peg.ask('committees');
		return committees.length > 1 && committees.at(-1);
	}, 150);
	assert.deepEqual(serving.members.map(({ account }) => account).sort(), addresses('Alice', 'Charlie', 'Dave', 'Eve'));
	const { leaver, runner } = bonds;
	assert.equal((await staking.bond(leaver.outpoint)).covenant, founders.id, 'it depends on those who served then');

	const { unbond, release, dropBond } = api.tx.sequencerStaking;
	const about = call(leaver.outpoint);
	assert.deepEqual(
		await staking.failures('Bob', [unbond(about), release(about), dropBond(about)]),
		['NotOwner', 'NotReleased', 'AlreadyActive'],
	);
	const wrongKey = staking.as('Ferdie', 'bond', 'unbond', leaver.outpoint, '--staker-key', runner.key);
	await assert.rejects(wrongKey, /key/);
	const weight = (await sequencer('Alice')).weight;
	const { txid } = await staking.as('Ferdie', 'bond', 'unbond', leaver.outpoint, '--staker-key', leaver.key);
	assert.equal((await sequencer('Alice')).weight, weight - leaver.value);
	assert.deepEqual(await staking.failures('Ferdie', [unbond(about), release(about)]), ['NotActive', 'NotReleased']);

	// Custody moves to the new keys, while that is mined.
	const batch = await peg.batch();
	assert.equal(batch.changeTo, serving.id);
	const attempt = await peg.signed();
	await peg.broadcast(attempt.txid);
	await peg.broadcast(txid);
	await peg.confirm(attempt.txid);
	const unbonded = await bitcoin.transaction(txid);
	const { rules } = (await staking.bond(leaver.outpoint)).terms;
	assert.equal(unbonded.outputs[0].sats, leaver.value - rules.unbondingFee - 240);
	await chronicle.said('BondUnbonded', staking.is(leaver.outpoint));

	// The block that lies `unbondingTime` above the transaction's own can hold the withdrawal, and none before.
	const confirmations = async () => (await bitcoin.transaction(txid)).confirmations;
	const to = payee('P2wpkh');
	const { raw } = await staking.withdraw(leaver, to);
	await bitcoin.mine(rules.unbondingTime - 1 - (await confirmations()));
	await assert.rejects(bitcoin.call('sendrawtransaction', raw), /non-BIP68-final/);
	await assert.rejects(bitcoin.mineOnly([raw]), /bad-txns-nonfinal/);
	await bitcoin.mine(1);
	const withdrawn = await bitcoin.call('sendrawtransaction', raw);
	await bitcoin.mine(1);
	const { outputs } = await bitcoin.transaction(withdrawn);
	assert.deepEqual(outputs.map(({ script }) => script), [to.script]);
	const left = unbonded.outputs[0].sats - outputs[0].sats;
	assert.ok(left > 0 && left < 1_000, `the withdrawal costs ${left}`);
	// The books of the peg have moved too.
	await until('the batch is settled', async () => (await peg.ask('batch')) === null);
	const coins = await peg.ask('custody');
	assert.deepEqual(coins.map(({ committee }) => committee), [serving.id]);
});

test('a validator that runs twice is banned, and all bonds for it are slashed', LIMIT, async () => {
	const { dave, victim, runner } = bonds;
	const condemned = [dave, victim, runner];
	const { raw: escape } = await staking.as(runner.owner, 'bond', 'unbond', runner.outpoint,
		'--staker-key', runner.key, '--only-transaction', '--no-broadcast');
	const rules = (await staking.bond(dave.outpoint)).terms.rules;
	const treasury = accountOf(api, 'ent/trsy');

	// Fees rise, so that what was signed long ago pays too little.
	await bitcoin.call('setmempoolminfee', LEAST / 1e5);
	await bitcoin.call('setfeerate', ESTIMATE / 1e5);

	const [offender] = addresses('Dave');
	let offence, ordered;
	try {
		await network.join('twin', 'dave', 'dave');
		// Two blocks for one slot, for sure; and what comes of that may be two votes for one round.
		const twoBlocks = ({ kind }) => kind === `0x${Buffer.from('babe:equivocatio').toString('hex')}`;
		await chronicle.said('Offence', twoBlocks, 90);
		[offence] = chronicle.all('Offence');
		ordered = await Promise.all(condemned.map(({ outpoint }) => chronicle.said('SlashOrdered', staking.is(outpoint))));
	} finally {
		await network.leave('twin');
		// From here on nobody can say that Dave has helped.
		network.signal('dave', 'SIGSTOP');
		stopped = true;
	}
	assert.ok(ordered.every(({ data }) => data.offender === offender));
	// Who makes the block with the report is the reporter. If that is the offender, nobody is.
	const { order: { reporter } } = await staking.bond(dave.outpoint, ordered[0].hash);
	assert.notEqual(reporter, offender);

	// ENT, at once.
	const [punished] = chronicle.all('StakeSlashed', (data) => data.sequencer === offender);
	assert.equal(punished.hash, offence.hash);
	const lost = BigInt(punished.data.amount);
	assert.equal(lost, (STAKE * BigInt(punished.data.fraction)) / 1_000_000_000n);
	assert.equal(punished.data.fraction, 562_500_000, 'one of four, three times, squared');
	const { record } = await sequencer('Dave');
	assert.deepEqual([BigInt(record.stake), word(record.status)], [STAKE - lost, 'banned']);
	const gained = chronicle.all('Deposit', ({ who }) => who === treasury).filter(({ hash }) => hash === offence.hash);
	assert.deepEqual(gained.map(({ data }) => BigInt(data.amount)), [lost]);
	const seated = await api.query.session.validators.at(offence.hash);
	const disabled = await api.query.session.disabledValidators.at(offence.hash);
	assert.deepEqual(disabled.map(([index]) => String(seated[index])), [offender]);

	// One of them runs: a miner takes what the covenant has signed for everybody who wants to leave.
	await bitcoin.mineOnly([escape]);

	// The covenant of those who served when the bonds were made completes what slashes them.
	await Promise.all(condemned.map(({ outpoint }) => chronicle.said('SlashCompleted', staking.is(outpoint))));
	const slashes = await staking.ask('slashes');
	const slash = ({ outpoint }, which) => slashes.find((slash) => slash.outpoint === outpoint && slash.which === which);
	const parents = [slash(dave, 'bond'), slash(victim, 'bond'), slash(runner, 'unbonding')];

	// Alone none of them gets anywhere.
	const verdicts = await Promise.all(parents.slice(0, 2).map(({ raw }) => bitcoin.call('testmempoolaccept', [raw])));
	for (const [verdict] of verdicts) assert.equal(verdict['reject-reason'], 'mempool min fee not met');
	await until('a node says so', async () => (await network.metric('alice', 'staking_slashes', 'standing="underpaid"')) > 0);
	const [without] = await bitcoin.mine(1);
	await sleep(3_000);
	const isSlash = (txid) => slashes.some((slash) => slash.txid === txid);
	assert.ok(!(await bitcoin.call('getrawmempool')).some(isSlash));
	assert.ok(!(await bitcoin.call('getblock', without)).tx.some(isSlash));

	// With coins for the one node that has a key for it, their anchors carry them.
	const [address] = /bcrt1p\w+/.exec(readFileSync(network.validator('eve').log, 'utf8'));
	await network.pay(parents.map(() => [address, 100_000]), '--mine');
	const carried = async () => {
		const waiting = await bitcoin.call('getrawmempool');
		return parents.every(({ txid }) => waiting.includes(txid));
	};
	// It looks for coins, and again, with each block of Bitcoin's.
	for (let blocks = 0; blocks < 5; blocks++) {
		if (await until('they wait', carried, 20).catch(() => {})) break;
		await bitcoin.mineOnly();
	}
	const children = await Promise.all(parents.map(async ({ txid, fee }) => {
		const { fees, vsize } = await bitcoin.call('getmempoolentry', txid);
		assert.equal(Math.round(fees.base * 1e8), fee);
		assert.ok(fee / vsize < LEAST, `alone it pays ${fee / vsize}`);
		assert.ok((await bitcoin.packageRate(txid)) >= ESTIMATE, 'with its child it pays what is asked for');
		const { vout } = await bitcoin.call('getrawtransaction', txid, true);
		const anchor = vout.at(-1);
		assert.deepEqual([anchor.scriptPubKey.hex, anchor.value], ['51024e73', 0.0000024]);
		const [{ spendingtxid }] = await bitcoin.call('gettxspendingprevout', [{ txid, vout: anchor.n }]);
		return spendingtxid;
	}));
	const [block] = await bitcoin.mine(1);
	const mined = (await bitcoin.call('getblock', block)).tx;
	const both = [...parents.map(({ txid }) => txid), ...children];
	assert.deepEqual(both.filter((txid) => !mined.includes(txid)), [], 'parents and children are mined together');
	await bitcoin.call('setmempoolminfee', 0);
	await bitcoin.call('setfeerate');

	// All of them in the same proportion.
	const held = [dave.value, victim.value, runner.value - rules.unbondingFee - 240];
	const proceeds = held.map((value) => Math.ceil((value * rules.slashPpm) / 1e6));
	for (const [at, { txid }] of parents.entries()) {
		const { outputs } = await bitcoin.transaction(txid);
		const rest = held[at] - proceeds[at] - rules.slashingFee - 240;
		assert.deepEqual(outputs.map(({ sats }) => sats), [proceeds[at], rest, 240]);
	}

	// And it comes into custody.
	await peg.finalise(block);
	const settling = condemned.map(({ outpoint }) => chronicle.said('SlashSettled', staking.is(outpoint), 90));
	const settled = await Promise.all(settling);
	const { reporterShare, treasuryShare } = (await staking.ask('status')).policy;
	const share = (value, ppm) => Math.floor((value * ppm) / 1e6);
	for (const [at, { data }] of settled.entries()) {
		assert.equal(written({ txid: data.txid, vout: 0 }), `${parents[at].txid}:0`);
		// Of what others have bonded, who proves the offence has nothing: it could be somebody for the offender.
		const rewarded = condemned[at] === dave && reporter ? reporterShare : 0;
		assert.deepEqual(
			[data.proceeds, data.reporter, data.treasury],
			[proceeds[at], share(proceeds[at], rewarded), share(proceeds[at], treasuryShare)],
		);
	}
	await assertBooked(settled, { treasury, ...(reporter && { reporter }) });
	for (const [at, { outpoint }] of condemned.entries()) {
		const { state } = await staking.bond(outpoint);
		assert.deepEqual(state, { closed: { slashed: { txid: parents[at].txid } } });
	}
});

/** Asserts for each block with settled slashes what has become of custody, and of those who are credited. */
async function assertBooked(settled, credited) {
	const blocks = new Map(settled.map(({ hash, parent }) => [hash, parent]));
	for (const [hash, parent] of blocks) {
		const here = settled.filter((entry) => entry.hash === hash).map(({ data }) => data);
		const sum = (what) => here.reduce((sum, data) => sum + data[what], 0);
		const [before, after] = await Promise.all([parent, hash].map((at) => peg.ask('status', at)));
		assert.equal(after.custody - before.custody, sum('proceeds'), 'custody has what was slashed');
		assert.equal(after.supply - before.supply, sum('reporter') + sum('treasury'));
		const ebtc = async (who, at) => {
			const account = await (await api.at(at)).query.assets.account(0, who);
			return account.isSome ? account.unwrap().balance.toNumber() : 0;
		};
		for (const [credit, who] of Object.entries(credited)) {
			assert.equal((await ebtc(who, hash)) - (await ebtc(who, parent)), sum(credit), credit);
		}
	}
}

test('stakers take back what is left, and the network goes on without the one who cheated', LIMIT, async () => {
	const { dave, victim } = bonds;
	// What is left after the unbonding time belongs to the staker alone.
	const to = payee('P2tr');
	await bitcoin.mine((await staking.bond(dave.outpoint)).terms.rules.unbondingTime);
	const { txid, from } = await staking.withdraw(victim, to, '--broadcast');
	assert.equal(from, 'refund');
	await bitcoin.mine(1);
	assert.ok((await bitcoin.transaction(txid)).confirmations > 0);
	assert.equal((await bitcoin.coins(to.script)).length, 1);

	const { state } = await staking.reached(bonds.leaver.outpoint, 'closed');
	assert.deepEqual(state, { closed: 'released' }, 'that the coin was withdrawn has been seen');
	await assert.rejects(staking.as('Dave', 'sequencer', 'stand'), /Banned/);
	const terms = staking.ask('bondTerms', people.Ferdie.address, people.Dave.address, victim.staker, LONG);
	await assert.rejects(terms, /banned/);
	const others = String(addresses('Alice', 'Bob', 'Charlie', 'Eve'));
	await until('Bob has taken his place', async () => String(await staking.validators()) === others, 120);
	const height = await network.finalized('alice');
	await until('blocks are final', async () => (await network.finalized('alice')) > height + 3);
});
