// The peg: bitcoins in and out of one network, through fee spikes, reorganisations, crashes and a
// change of the committee.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { account, send, sudo } from '../support/chain.js';
import { Network, until } from '../support/network.js';
import { KINDS, Peg, payee } from '../support/peg.js';

const LIMIT = { timeout: 300_000 };
/** What a deposit holds, in satoshi. */
const DEPOSIT = 5_000_000;
/** Blocks after which most depositors could take their coins back: more than are mined here. */
const FAR = 1_000;
/** What a withdrawal may cost at most where cost is not the question. */
const ANY_FEE = 200_000;

let network, bitcoin, api, peg, alice, bob, guarded;
/** A deposit that nobody claims. */
let lost;
/** The withdrawal that a test leaves waiting for the next. */
let waiting;

before(async () => {
	network = await Network.start();
	({ bitcoin, api } = network);
	[alice, bob] = [await account('//Alice'), await account('//Bob')];
	peg = new Peg(network, alice);
	await peg.setPolicy({
		// Nobody bonds anything here.
		bondedCapPpm: null,
		minRefundDelay: 40,
		maxRefundDelay: 2_000,
		claimMargin: 10,
		sweepMargin: 15,
		batchSize: 50,
		batchWait: 1,
		sweepSize: 50,
		signingBlocks: 5,
		silentBlocks: 5,
		term: 100_000,
		committeeGrace: 2_000,
		fees: { minAge: 20, bumpPpm: 1_250_000, incremental: 1_000, ceiling: 500_000, maxAttempts: 16 },
	});
	guarded = await peg.guard();
	await rotateKeys('dave');
	lost = await depositAddress('lost', { delay: 40 });
	lost.txid = await network.pay([[lost.address, DEPOSIT]]);
	await peg.step();
}, { timeout: 480_000 });

after(async () => {
	// As it is now: a question that the end of the network cuts off is no violation.
	const { blocks, violations } = structuredClone(guarded ?? {});
	await network?.stop();
	assert.deepEqual(violations, [], 'custody held what it owed, at every block');
	assert.ok(blocks > 50, `${blocks} blocks were looked at`);
}, { timeout: 60_000 });

/** Gives a validator new session keys, its Bitcoin key among them. They count from the session after
 * the next on. */
async function rotateKeys(name) {
	const owner = await account(`//${name[0].toUpperCase()}${name.slice(1)}`);
	const hex = `0x${Buffer.from(owner.publicKey).toString('hex')}`;
	const { keys, proof } = await network.rpc(name, 'author_rotateKeysWithOwner', hex);
	await send(api, api.tx.session.setKeys(keys, proof), owner);
}

/** Makes an address for Bob with the program, and keeps its terms and its refund key in files. */
async function depositAddress(name, { delay = FAR } = {}) {
	const [terms, key] = [network.file(`${name}.terms`), network.file(`${name}.key`)];
	const options = ['--to', bob.address, '--new-refund-key', key, '--refund-delay', delay, '--save', terms];
	const made = await network.entangled('deposit', 'address', ...options.map(String));
	return { address: made.address, terms, key, chainTerms: made.terms };
}

/** Takes the deposit back that nobody claims. */
async function takeBack(to) {
	const coin = ['--terms', lost.terms, '--outpoint', `${lost.txid}:0`, '--key', lost.key];
	const payment = ['--to', await bitcoin.addressOf(to.script), '--fee-rate', '2', '--broadcast'];
	return network.entangled('deposit', 'refund', ...coin, ...payment);
}

const supply = async () => (await peg.ask('status')).supply;

/** What a Bitcoin script was paid, all of it. */
const received = (to) => bitcoin.coins(to.script);

/** Asserts that all these withdrawals were paid by this transaction, each once and exactly. */
async function assertPaid(withdrawals, txid) {
	const { outputs } = await bitcoin.transaction(txid);
	for (const withdrawal of withdrawals) {
		const { to, sats, id } = withdrawal;
		const paid = await peg.withdrawal(withdrawal, 'paid');
		assert.equal(paid.txid, txid, `withdrawal ${id}`);
		assert.ok(paid.fee <= withdrawal.maxFee, `withdrawal ${id} costs ${paid.fee}`);
		assert.deepEqual(outputs.filter(({ script }) => script === to.script), [{ script: to.script, sats }]);
		assert.deepEqual(await received(to), [sats], `withdrawal ${id} is paid once`);
	}
}

/** Waits until the batch in flight is settled, and asserts what has become of custody. */
async function assertSettled(batch, attempt, before) {
	await until(`batch ${batch.id} is settled`, async () => (await peg.ask('batch'))?.id !== batch.id, 90);
	const status = await peg.ask('status');
	const amount = attempt.payouts.reduce((sum, payout) => sum + payout.amount, 0);
	const fees = attempt.payouts.reduce((sum, payout) => sum + payout.fee, 0);
	assert.equal(status.supply, before.supply - amount - fees, 'what was paid is burnt');
	assert.equal(status.custody, before.custody - amount - attempt.fee, 'custody has paid the miner');
	assert.equal(status.halted, false);
}

test('deposits of all kinds are minted once', LIMIT, async () => {
	const key = '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
	const refund = { key, delay: FAR };
	const destination = { account: Buffer.from(bob.publicKey).toString('hex') };
	const before = { supply: await supply(), bob: await peg.ebtc(bob.address) };
	assert.equal(before.supply, 0);
	assert.equal((await peg.ask('status')).chain, api.genesisHash.toHex(), 'addresses name the chain');
	await assert.rejects(takeBack(payee('P2wpkh')), /not free yet/, 'a way back opens after its delay');

	const watched = await depositAddress('watched');
	await network.entangled('deposit', 'watch', '--terms', watched.terms);
	const byHand = await depositAddress('by-hand');
	const fixed = await network.entangled('deposit', 'fixed', '--to', bob.address);
	const own = await peg.address(destination, refund);
	const brief = await peg.address(destination, { key, delay: 40 });
	// A node gives no address of a rollup that does not exist. Without a node it can be made.
	const committee = network.file('committee.json');
	await network.entangled('committee', '--save', committee);
	const offline = ['--offline', '--committee', committee, '--refund-key', key, '--refund-delay', `${FAR}`];
	const rollup = await network.entangled('deposit', 'address', ...offline, '--to', `rollup:7:${'11'.repeat(32)}`);

	// One transaction each; in the last, two outputs are paid to one address.
	const paid = {
		watched: await network.pay([[watched.address, DEPOSIT]]),
		byHand: await network.pay([[byHand.address, DEPOSIT]]),
		fixed: await network.pay([[fixed.address, DEPOSIT]], `--data=${fixed.data}`),
		nowhere: await network.pay([[fixed.address, DEPOSIT]]),
		small: await network.pay([[own.address, peg.policy.minDeposit - 1]]),
		brief: await network.pay([[brief.address, DEPOSIT]]),
		rollup: await network.pay([[rollup.address, DEPOSIT]]),
		twice: await network.pay([[own.address, DEPOSIT], [own.address, DEPOSIT]]),
	};
	const claim = async (txid, vout, terms) => peg.claim(await bitcoin.proof(txid), vout, terms);
	const refused = (txid, vout, terms, message) => assert.rejects(claim(txid, vout, terms), { message });

	// A reorganisation before the block is final takes the payments out, and brings them in again.
	const block = await peg.step();
	await peg.step();
	await bitcoin.call('invalidateblock', block);
	for (let blocks = 0; blocks < 3; blocks++) await bitcoin.mineOnly();
	await peg.step([]);
	assert.equal(await bitcoin.call('getrawtransaction', paid.watched, true).then(({ blockhash }) => blockhash), undefined);
	const again = await peg.step();
	await refused(paid.twice, 0, own.terms, 'BlockNotFinal');
	const early = ['deposit', 'claim', '--terms', byHand.terms, '--txid', paid.byHand, '--no-wait'];
	await assert.rejects(network.entangled(...early), /BlockNotFinal/);
	assert.equal(await supply(), 0, 'nothing is minted too early');
	await peg.finalise(again);

	/** What those have of a deposit who stand for custody. */
	const part = Math.floor((DEPOSIT * peg.policy.feePpm) / 1_000_000);
	assert.ok(part > 0);
	const minted = async (txid, vout = 0) => {
		const { amount, fee, pegFee, swept } = await peg.deposit(`${txid}:${vout}`);
		assert.deepEqual([amount, swept], [DEPOSIT, false]);
		assert.equal(pegFee, part);
		return amount - fee - pegFee;
	};
	let total = 0;
	const hand = network.entangled('deposit', 'claim', '--terms', byHand.terms, '--txid', paid.byHand);
	hand.catch(() => {}); // Looked at below; until then its failure is nobody's.
	await peg.bring(paid.twice, 0, (proof) => peg.claim(proof, 0, own.terms));
	await peg.bring(paid.twice, 1, async (proof) => peg.submit(await peg.ask('claim', proof, 1, own.terms)));
	for (const vout of [0, 1]) total += await minted(paid.twice, vout);
	total += await minted(paid.watched);
	total += await minted(paid.fixed);
	const { deposits } = await hand;
	assert.deepEqual(deposits.map(({ minted }) => minted), [await minted(paid.byHand)]);
	total += await minted(paid.byHand);
	assert.equal(await supply(), total + 5 * part);
	assert.equal((await peg.ebtc(bob.address)) - before.bob, total);

	// Nothing of what follows changes anything.
	await refused(paid.twice, 0, own.terms, 'AlreadyClaimed');
	await refused(paid.watched, 0, watched.chainTerms, 'AlreadyClaimed');
	await refused(paid.fixed, 0, fixed.terms, 'AlreadyClaimed');
	const otherKey = { own: { ...own.terms.own, refund: { key, delay: FAR - 1 } } };
	const otherCommittee = { own: { ...own.terms.own, committee: 99 } };
	const tooShort = { own: { ...own.terms.own, refund: { key, delay: 39 } } };
	const offCurve = { own: { ...own.terms.own, refund: { key: 'ff'.repeat(32), delay: FAR } } };
	await refused(paid.small, 0, otherKey, 'WrongScript');
	await refused(paid.small, 0, own.terms, 'BelowMinimum');
	await refused(paid.small, 9, own.terms, 'NoSuchOutput');
	await refused(paid.small, 0, otherCommittee, 'UnknownCommittee');
	await refused(paid.small, 0, tooShort, 'RefundDelayOutOfRange');
	await refused(paid.small, 0, offCurve, 'InvalidRefundKey');
	await refused(paid.nowhere, 0, fixed.terms, 'NoDestination');
	const proof = await bitcoin.proof(paid.small);
	const moved = { ...proof, index: proof.index ^ 1 };
	await assert.rejects(peg.claim(moved, 0, own.terms), { message: 'WrongProof' });
	const unknown = { ...proof, block: { ...proof.block, hash: 'ab'.repeat(32) } };
	await assert.rejects(peg.claim(unknown, 0, own.terms), { message: 'BlockNotFinal' });

	const byAlice = peg.claimAs(alice, await bitcoin.proof(paid.rollup), 0, rollup.terms);
	await assert.rejects(byAlice, { message: 'UnknownRollup' });

	// The depositor could take it back in less blocks than the margin.
	const { height } = await bitcoin.tip();
	const { confirmations } = await bitcoin.transaction(paid.brief);
	const opens = height - confirmations + 1 + 40;
	await bitcoin.mine(opens - peg.policy.claimMargin - height + 1);
	await peg.step();
	await refused(paid.brief, 0, brief.terms, 'InsufficientMargin');
	assert.deepEqual([await supply(), await peg.ebtc(bob.address)], [total + 5 * part, before.bob + total]);
});

test('fifty withdrawals leave in one transaction', LIMIT, async () => {
	const before = await peg.ask('status');
	const requests = Array.from({ length: 50 }, (_, at) => ({
		to: payee(KINDS[at % KINDS.length]),
		sats: 20_000 + at,
		maxFee: 10_000,
	}));
	const withdrawals = await peg.withdraw(bob, requests);
	const batch = await peg.batch();
	const attempt = await peg.signed();
	assert.deepEqual(attempt.payouts.map(({ id }) => id), withdrawals.map(({ id }) => id));
	const [committee] = await peg.ask('committees');
	assert.deepEqual([committee.members.length, committee.threshold], [4, 3]);
	assert.equal(attempt.signers.length, 4);
	assert.ok(attempt.signers.filter(({ signed }) => signed).length >= 3);

	// The block that has it is reorganised away before it is final, and another has it then.
	await peg.broadcast(attempt.txid);
	const block = await peg.step();
	await bitcoin.mine(2);
	await bitcoin.call('invalidateblock', block);
	for (let blocks = 0; blocks < 3; blocks++) await bitcoin.mineOnly();
	await peg.step([]);
	assert.equal((await peg.withdrawal(withdrawals[0], 'inBatch')).state, 'inBatch');
	await peg.broadcast(attempt.txid);
	await peg.confirm(attempt.txid);
	await assertSettled(batch, attempt, before);
	await assertPaid(withdrawals, attempt.txid);
	const { outputs, vin } = await bitcoin.transaction(attempt.txid);
	assert.equal(outputs.length, 52);
	assert.equal(vin.length, 5, 'all deposits are swept');
	assert.match(outputs[1].script, /^6a49656e746301/, 'a checkpoint of 73 bytes');
});

test('what a fee spike holds up is replaced until it confirms', LIMIT, async () => {
	const before = await peg.ask('status');
	const [first, second, tight] = ['P2wpkh', 'P2tr', 'P2pkh'].map(payee);
	const { alone } = await peg.ask('quoteWithdrawal', await bitcoin.addressOf(tight.script), 30_000);
	const withdrawals = await peg.withdraw(bob, [
		{ to: first, sats: 30_000, maxFee: ANY_FEE },
		{ to: second, sats: 30_001, maxFee: ANY_FEE },
		{ to: tight, sats: 30_002, maxFee: alone },
	]);
	await bitcoin.call('setmempoolminfee', 0.0002);
	const batch = await peg.batch();
	const early = await peg.signed();
	assert.equal(early.payouts.length, 3);
	await sleep(5_000);
	assert.ok(!(await bitcoin.call('getrawmempool')).includes(early.txid), 'it pays too little');

	await bitcoin.call('setfeerate', 0.00025);
	await until('the validators say so', async () => (await peg.ask('status')).feeRate === 25_000);
	await bitcoin.mine(peg.policy.fees.minAge);
	const late = await peg.signed(1);
	assert.deepEqual(late.payouts.map(({ id }) => id), withdrawals.slice(0, 2).map(({ id }) => id));
	assert.ok(late.rate >= 25_000 && late.fee > early.fee);
	await peg.broadcast(late.txid);
	await peg.confirm(late.txid);
	await assertSettled(batch, late, before);
	await assertPaid(withdrawals.slice(0, 2), late.txid);
	// The third waits again, and nothing was paid to it.
	await peg.withdrawal(withdrawals[2], 'pending');
	assert.deepEqual(await received(tight), []);
	await bitcoin.call('setmempoolminfee', 0);
	await bitcoin.call('setfeerate');
	waiting = withdrawals[2];
});

test('the first attempt may be mined after all', LIMIT, async () => {
	await until('fees are low', async () => (await peg.ask('status')).feeRate < 25_000);
	const before = await peg.ask('status');
	const requested = await peg.withdraw(bob, [
		{ to: payee('P2sh'), sats: 40_000, maxFee: ANY_FEE },
		{ to: payee('P2wsh'), sats: 40_001, maxFee: ANY_FEE },
	]);
	const withdrawals = [waiting, ...requested];
	const batch = await peg.batch();
	const early = await peg.signed();
	assert.deepEqual(early.payouts.map(({ id }) => id), withdrawals.map(({ id }) => id));
	await peg.broadcast(early.txid);
	// Whoever comes by then gets into the replacement.
	const [afterwards] = await peg.withdraw(bob, [{ to: payee('P2tr'), sats: 40_002, maxFee: ANY_FEE }]);
	for (let blocks = 0; blocks < peg.policy.fees.minAge; blocks++) await bitcoin.mineOnly();
	const late = await peg.signed(1);
	assert.deepEqual(late.payouts.map(({ id }) => id), [...withdrawals, afterwards].map(({ id }) => id));
	await peg.broadcast(late.txid);
	assert.ok(!(await bitcoin.call('getrawmempool')).includes(early.txid), 'it is replaced');

	// A miner has kept the first one.
	const { hex } = await peg.ask('transaction', early.txid);
	const block = await bitcoin.mineOnly([hex]);
	await peg.finalise(block);
	await assertSettled(batch, early, before);
	await assertPaid(withdrawals, early.txid);
	assert.deepEqual(await bitcoin.call('getrawmempool'), []);
	assert.equal(await peg.ask('transaction', late.txid), null);
	// Who was in the other one only waits again, and nothing was paid to it.
	await peg.withdrawal(afterwards, 'pending');
	assert.deepEqual(await received(afterwards.to), []);
	waiting = afterwards;
});

test('payments go on without one validator, and lose nothing without two', LIMIT, async () => {
	const before = await peg.ask('status');
	network.signal('dave', 'SIGSTOP');
	network.signal('charlie', 'SIGSTOP');
	try {
		const requested = await peg.withdraw(bob, [{ to: payee('P2wpkh'), sats: 50_000, maxFee: ANY_FEE }]);
		const withdrawals = [waiting, ...requested];
		const batch = await peg.batch();
		// Two of four finalise nothing, and sign nothing that is not final.
		await sleep(12_000);
		const [stuck] = (await peg.ask('batch')).attempts;
		assert.equal(stuck.complete, false);
		await peg.withdrawal(withdrawals[0], 'inBatch');

		network.signal('charlie', 'SIGCONT');
		const attempt = await peg.signed();
		const missing = attempt.signers.filter(({ signed }) => !signed).map(({ account }) => account);
		const dave = api.registry.createType('AccountId', (await account('//Dave')).publicKey).toString();
		assert.deepEqual(missing, [dave], 'who has not signed is named');
		await peg.broadcast(attempt.txid);
		await peg.confirm(attempt.txid);
		await assertSettled(batch, attempt, before);
		await assertPaid(withdrawals, attempt.txid);
	} finally {
		for (const name of ['charlie', 'dave']) network.signal(name, 'SIGCONT');
	}
});

test('validators that are killed at any moment pay once', LIMIT, async () => {
	const before = await peg.ask('status');
	const withdrawals = await peg.withdraw(bob, [
		{ to: payee('P2tr'), sats: 60_000, maxFee: ANY_FEE },
		{ to: payee('P2sh'), sats: 60_001, maxFee: ANY_FEE },
	]);
	const batch = await peg.batch();
	// While it signs, while it sends what is signed, and while the others wait for a block.
	const kills = [killWithin('bob', 8)];
	const attempt = await peg.signed();
	kills.push(killWithin('charlie', 6));
	await peg.broadcast(attempt.txid);
	kills.push(killWithin('dave', 6));
	await Promise.all(kills);
	await peg.confirm(attempt.txid);
	await assertSettled(batch, attempt, before);
	await assertPaid(withdrawals, attempt.txid);
});

/** Kills a validator at some moment within so many seconds, and waits until it is back. */
async function killWithin(name, seconds) {
	await sleep(Math.random() * seconds * 1_000);
	const { pid } = network.validator(name);
	process.kill(pid, 'SIGKILL');
	await until(`${name} is back`, () => network.validator(name).pid !== pid && network.rpc(name, 'system_health'), 120);
}

test('a reorganisation below what was relied on halts the peg until governance looks', LIMIT, async () => {
	const before = await peg.ask('status');
	const coins = await peg.ask('custody');
	const [main] = coins.filter(({ origin }) => origin === 'change');
	const { blockhash } = await bitcoin.transaction(main.outpoint.split(':')[0]);
	const { height } = await bitcoin.call('getblockheader', blockhash);
	const tip = await bitcoin.tip();
	await bitcoin.call('invalidateblock', blockhash);
	await bitcoin.mine(tip.height - height + 2);
	await network.follow((await bitcoin.tip()).hash);
	const halted = await until('the peg halts', async () => {
		const status = await peg.ask('status');
		return status.halted && status;
	});
	assert.match(JSON.stringify(halted.halt), /reorganised/i);
	assert.equal((await network.rpc('alice', 'bitcoin_status')).frozen, true);

	const claim = async () => peg.claim(await bitcoin.proof(lost.txid), 0, lost.chainTerms);
	const withdraw = () => peg.withdraw(bob, [{ to: payee('P2wpkh'), sats: 50_000, maxFee: ANY_FEE }]);
	// Two forks of ours may take turns for a moment, of which one has not seen Bitcoin's yet.
	await until('a claim is refused because the peg is halted', async () => {
		const reason = await claim().then(() => 'taken', ({ message }) => message);
		assert.notEqual(reason, 'taken');
		return reason === 'Halted';
	}, 30);
	await assert.rejects(withdraw(), { message: /Halted|BatchInterrupted/ });
	await sudo(api, api.tx.peg.resume(), alice);
	await assert.rejects(claim(), { message: 'Frozen' });
	await sudo(api, api.tx.btcLightClient.resume(), alice);
	await assert.rejects(sudo(api, api.tx.peg.resume(), alice), { message: 'NotHalted' });

	// Bitcoin has mined again what it had dropped, so the books are as they were.
	const status = await peg.ask('status');
	assert.deepEqual([status.supply, status.custody, status.halted], [before.supply, before.custody, false]);
	for (const { outpoint, value } of await peg.ask('custody')) {
		const [txid, vout] = outpoint.split(':');
		const coin = await bitcoin.call('gettxout', txid, Number(vout));
		assert.equal(Math.round(coin.value * 1e8), value);
	}
});

test('a deposit that nobody claimed goes back to its owner, after the delay', LIMIT, async () => {
	const { confirmations } = await bitcoin.transaction(lost.txid);
	// The block 40 above the deposit's can hold it.
	await bitcoin.mine(Math.max(0, 39 - confirmations + 1));
	const to = payee('P2wpkh');
	const { txid } = await takeBack(to);
	await bitcoin.mine(1);
	assert.equal((await bitcoin.transaction(txid)).vin[0].txid, lost.txid);
	const [sats] = await received(to);
	assert.ok(sats > DEPOSIT - 1_000 && sats < DEPOSIT);
});

test('a new committee takes over, and all coins move to it', LIMIT, async () => {
	const [old] = await peg.ask('committees');
	const late = await depositAddress('late');
	await network.entangled('deposit', 'watch', '--terms', late.terms);
	const before = await peg.ask('status');

	// The new keys count by now. The term ends.
	await peg.setPolicy({ term: 20, committeeGrace: 100 });
	await until('other keys are to take over', async () => {
		await peg.step();
		const committees = await peg.ask('committees');
		return (await peg.ask('candidate')) || committees.length > 1;
	}, 120);
	const committees = await until('the next committee serves', async () => {
		const committees = await peg.ask('committees');
		return committees.length > 1 && committees;
	}, 120);
	const serving = committees.at(-1);
	const keys = ({ members }) => members.map(({ key }) => key).sort();
	assert.equal(keys(serving).filter((key) => keys(old).includes(key)).length, 3, "dave's key is another");
	assert.equal(committees[0].id, old.id, 'the old one is honoured');

	// A deposit to the old one, while custody's coin moves to the new one.
	const txid = await network.pay([[late.address, DEPOSIT]]);
	const first = await peg.batch();
	assert.equal(first.changeTo, serving.id);
	const attempt = await peg.signed();
	assert.ok(attempt.signers.every(({ committee }) => committee === old.id));
	await peg.broadcast(attempt.txid);
	await peg.confirm(attempt.txid);
	await assertSettled(first, attempt, { ...before, ...(await claimed(txid, before)) });

	// The deposit follows, with signatures of both.
	const second = await peg.batch();
	const sweep = await peg.signed();
	assert.equal(sweep.coins[0].outpoint, second.common, 'what all attempts spend');
	assert.deepEqual(sweep.coins.map(({ committee }) => committee).sort(), [old.id, serving.id]);
	await peg.broadcast(sweep.txid);
	await peg.confirm(sweep.txid);
	await until('it is settled', async () => (await peg.ask('batch')) === null, 90);
	const coins = await peg.ask('custody');
	assert.deepEqual(coins.map(({ committee, address }) => [committee, address]), [[serving.id, serving.custody]]);
	assert.equal((await peg.deposit(`${txid}:0`)).swept, true);
});

/** What the books are with this deposit to Bob, which is being claimed. */
async function claimed(txid, { supply, custody }) {
	const { amount, fee } = await peg.deposit(`${txid}:0`);
	return { supply: supply + amount - fee, custody: custody + amount };
}
