// The peg, as its JSON-RPC shows it, and what moves it.

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeAddress } from '@polkadot/util-crypto';
import { claimOf } from './bitcoin.js';
import { send, sudo } from './chain.js';
import { until } from './network.js';

/** The scripts of the five types of address, by the names that the chain has for them. */
const SCRIPTS = {
	P2pkh: { size: 20, script: (hash) => `76a914${hash}88ac` },
	P2sh: { size: 20, script: (hash) => `a914${hash}87` },
	P2wpkh: { size: 20, script: (hash) => `0014${hash}` },
	P2wsh: { size: 32, script: (hash) => `0020${hash}` },
	P2tr: { size: 32, script: (key) => `5120${key}` },
};
export const KINDS = Object.keys(SCRIPTS);

/** The prime of the field that the coordinates of Bitcoin's keys are in. */
const P = 2n ** 256n - 2n ** 32n - 977n;

/** Whether a point has this x-coordinate: by Euler's criterion for x³ + 7. */
function isOnCurve(x) {
	let [base, exponent, power] = [(x ** 3n + 7n) % P, (P - 1n) / 2n, 1n];
	for (; exponent > 0n; exponent >>= 1n) {
		if (exponent & 1n) power = (power * base) % P;
		base = (base * base) % P;
	}
	return x < P && power === 1n;
}

/** Somebody to be paid on Bitcoin whom nobody has paid before. */
export function payee(kind) {
	const { size, script } = SCRIPTS[kind];
	let data;
	do data = randomBytes(size).toString('hex');
	while (kind === 'P2tr' && !isOnCurve(BigInt(`0x${data}`)));
	return { payout: { [kind]: `0x${data}` }, script: script(data) };
}

/** A client of the peg of a running network. */
export class Peg {
	constructor(network, governor) {
		this.network = network;
		this.bitcoin = network.bitcoin;
		this.api = network.api;
		this.governor = governor;
	}

	ask(method, ...params) {
		return this.network.rpc('alice', `peg_${method}`, ...params);
	}

	/** Changes some of the numbers that governance sets. */
	async setPolicy(changes) {
		const { policy } = (await this.api.call.pegApi.status()).toJSON();
		await sudo(this.api, this.api.tx.peg.setPolicy({ ...policy, ...changes }), this.governor);
		this.policy = (await this.ask('status')).policy;
	}

	/** An address of one's own for a deposit, by terms that the peg may refuse later. */
	async address(destination, refund, committee) {
		const own = { destination, refund, ...(committee !== undefined && { committee }) };
		return this.ask('depositAddress', { own });
	}

	/** The call of a claim. The proof and the terms are as the nodes' JSON-RPC has them. */
	call(proof, vout, terms) {
		// The chain takes bytes, where the nodes write digits without 0x, and accounts for people.
		const bytes = (_, value) => (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? `0x${value}` : value);
		const plain = JSON.parse(JSON.stringify(terms), bytes);
		const { destination } = plain.own ?? {};
		if (destination?.account) destination.account = decodeAddress(destination.account);
		return this.api.tx.peg.claim(claimOf(proof), vout, plain);
	}

	/** Brings a claim as a transaction of an account. */
	claimAs(signer, proof, vout, terms) {
		return send(this.api, this.call(proof, vout, terms), signer);
	}

	/** Brings a claim without any account; throws with the name of the peg's error. */
	async claim(proof, vout, terms) {
		const call = this.call(proof, vout, terms);
		const encoded = `0x${Buffer.concat(call.args.map((arg) => arg.toU8a())).toString('hex')}`;
		// The chain makes the transaction, and sees to nothing else yet.
		return this.submit(await this.network.rpc('alice', 'state_call', 'PegApi_claim_transaction', encoded));
	}

	/** Brings a claim until the chain has the deposit, and gives it. A fork of ours that loses may have
	 * taken it. */
	async bring(txid, vout, bring) {
		const proof = await this.bitcoin.proof(txid);
		for (let tries = 0; tries < 8; tries++) {
			await bring(proof).catch(() => {});
			const deposit = await this.deposit(`${txid}:${vout}`, 12).catch(() => {});
			if (deposit) return deposit;
		}
		await bring(proof);
		return this.deposit(`${txid}:${vout}`);
	}

	/** Hands a transaction to the pool of a node; throws with the name of the peg's error. While another
	 * that does the same waits there, as when a fork of ours that loses had it, it waits too. */
	async submit(extrinsic, patience = 12) {
		const peg = this.api.registry.metadata.pallets.find(({ name }) => name.eq('Peg'));
		const index = peg.index.toNumber();
		try {
			return await this.network.rpc('alice', 'author_submitExtrinsic', extrinsic);
		} catch (error) {
			const [, code] = /Custom error: (\d+)/.exec(`${error.message} ${error.data}`) ?? [];
			if (code !== undefined) {
				const { name } = this.api.registry.findMetaError(Uint8Array.of(index, Number(code)));
				throw new Error(name);
			}
			if (patience === 0 || !/1014: Priority is too low/.test(error.message)) throw error;
			await sleep(3_000);
			return this.submit(extrinsic, patience - 1);
		}
	}

	/** Asks for payments, and gives their numbers with what was asked for. */
	async withdraw(signer, requests) {
		const { tx } = this.api;
		const calls = requests.map(({ to, sats, maxFee }) => tx.peg.withdraw(to.payout, sats, maxFee));
		const events = await send(this.api, tx.utility.batchAll(calls), signer);
		const requested = events.filter(({ method }) => method === 'WithdrawalRequested');
		return requests.map((request, at) => ({ ...request, id: Number(requested[at].data[0]) }));
	}

	/** Mines a block and waits until the peg has seen it. Transactions that wait are in it, unless
	 * others are named. */
	async step(transactions) {
		const hash = transactions ? await this.bitcoin.mineOnly(transactions) : (await this.bitcoin.mine(1))[0];
		await until(`alice knows ${hash}`, async () => (await this.network.tip()).hash === hash);
		const best = async () => Number((await this.network.rpc('alice', 'chain_getHeader')).number);
		const seen = await best();
		await until('a block of ours after that', async () => (await best()) > seen);
		return hash;
	}

	/** Mines until a batch is in flight, and gives it. */
	async batch() {
		for (let blocks = 0; blocks < this.policy.batchWait + 3; blocks++) {
			const batch = await this.ask('batch');
			if (batch) return batch;
			await this.step([]);
		}
		return until('a batch is in flight', () => this.ask('batch'), 10);
	}

	/** Waits until this attempt at the batch in flight has all signatures, and gives it. */
	signed(index = 0) {
		return until(`attempt ${index} is signed`, async () => {
			const attempt = (await this.ask('batch'))?.attempts[index];
			return attempt?.complete && attempt;
		}, 150);
	}

	/** Waits until a transaction waits in Bitcoin's memory pool. */
	broadcast(txid) {
		return until(`Bitcoin has ${txid}`, async () => (await this.bitcoin.call('getrawmempool')).includes(txid));
	}

	/** Mines a transaction that waits, and on top of it until it is final. */
	async confirm(txid) {
		await this.bitcoin.mine(1);
		const { blockhash } = await this.bitcoin.transaction(txid);
		await this.finalise(blockhash);
	}

	/** Mines on top of a block until the chain relies on it. */
	async finalise(hash) {
		const { policy } = await this.network.rpc('alice', 'bitcoin_status');
		const { confirmations } = await this.bitcoin.call('getblockheader', hash);
		const missing = policy.confirmations - confirmations;
		if (missing > 0) await this.bitcoin.mine(missing);
		await until(`${hash} is final`, async () => (await this.network.rpc('alice', 'bitcoin_isFinal', hash)).final, 90);
	}

	/** Waits until a withdrawal is in this state, and gives it. */
	async withdrawal({ id }, state) {
		let withdrawal;
		const there = async () => (withdrawal = await this.ask('withdrawal', id)).state === state;
		await until(`withdrawal ${id} is ${state}`, there, 90).catch((error) => {
			throw new Error(`${error.message}: it is ${withdrawal?.state}`);
		});
		return withdrawal;
	}

	/** Waits until a deposit is claimed, and gives it. */
	deposit(outpoint, seconds = 90) {
		return until(`${outpoint} is claimed`, () => this.ask('deposit', outpoint), seconds);
	}

	/** What an account holds, in satoshi. */
	async ebtc(address) {
		const account = await this.api.query.assets.account(0, address);
		return account.isSome ? Number(account.unwrap().balance) : 0;
	}

	/** Watches at every new block that custody holds what it owes. */
	async guard() {
		const seen = { blocks: 0, violations: [] };
		const judge = async (header) => {
			const { supply, custody } = await this.ask('status', header.hash.toHex());
			seen.blocks++;
			if (custody < supply) seen.violations.push({ block: header.number.toNumber(), supply, custody });
		};
		await this.api.rpc.chain.subscribeNewHeads((header) =>
			judge(header).catch((error) => seen.violations.push(error.message)));
		return seen;
	}
}
