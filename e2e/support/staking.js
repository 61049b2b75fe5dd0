// Staking, as its JSON-RPC and the program `entangled` show it, and what moves it.

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { claimOf, shown } from './bitcoin.js';
import { account, send } from './chain.js';
import { until } from './network.js';

/** The script of coins that anybody can spend, without a signature, and whose transactions keep their ids
 * nevertheless: P2WSH of `OP_TRUE`. */
const ANYBODY = `0020${createHash('sha256').update(Buffer.of(0x51)).digest('hex')}`;

/** What a funding transaction pays to the miner, in satoshi. */
const FUNDING_FEE = 1_000;

/** Bytes of a number, in hexadecimal, the least first. */
const littleEndian = (number, bytes) => {
	const buffer = Buffer.alloc(8);
	buffer.writeBigUInt64LE(BigInt(number));
	return buffer.subarray(0, bytes).toString('hex');
};

/** Bytes in hexadecimal in the other order. */
const reversed = (hex) => shown(Buffer.from(hex, 'hex'));

/** A transaction that pays all of a coin but the fee to a script; not signed, or signed, which takes no key. */
export function funding(coin, script, signed = false, value = coin.value) {
	const input = `01${reversed(coin.txid)}${littleEndian(coin.vout, 4)}00fdffffff`;
	const output = `01${littleEndian(value, 8)}${littleEndian(script.length / 2, 1)}${script}`;
	const [flag, witness] = signed ? ['0001', '010151'] : ['', ''];
	return `02000000${flag}${input}${output}${witness}00000000`;
}

/** An output as the chain's calls take it. */
export function call(outpoint) {
	const [txid, vout] = outpoint.split(':');
	return { txid: `0x${reversed(txid)}`, vout: Number(vout) };
}

/** An output of an event as Bitcoin's tools write it. */
export const written = ({ txid, vout }) => `${reversed(txid.slice(2))}:${vout}`;

/** How far a bond is, in a word. */
export const word = (state) => (typeof state === 'string' ? state : Object.keys(state)[0]);

/** The account that belongs to a pallet, for which there is no key. */
export const accountOf = (api, id) =>
	api.registry.createType('AccountId', Buffer.concat([Buffer.from(`modl${id}`)], 32)).toString();

/** A client of staking on a running network. */
export class Staking {
	constructor(network, chronicle) {
		this.network = network;
		this.bitcoin = network.bitcoin;
		this.api = network.api;
		this.chronicle = chronicle;
	}

	ask(method, ...params) {
		return this.network.rpc('alice', `staking_${method}`, ...params);
	}

	/** Runs the program as the development account with this name. */
	as(who, ...args) {
		return this.network.entangled(...args.map(String), '--dev', who);
	}

	/** Sends these calls as one transaction of a person, of which all succeed or none. */
	async send(who, ...calls) {
		return send(this.api, this.api.tx.utility.batchAll(calls), await account(`//${who}`));
	}

	/** Sends these calls as one transaction of a person, and gives what each fails of. */
	async failures(who, calls) {
		const events = await send(this.api, this.api.tx.utility.forceBatch(calls), await account(`//${who}`));
		const items = events.filter(({ method }) => /^Item(Failed|Completed)$/.test(method));
		return items.map(({ data: [error] }) => error && this.api.registry.findMetaError(error.asModule).name);
	}

	/** Coins that bonds of these values can be made of, in a block. */
	async coins(values) {
		const address = await this.bitcoin.addressOf(ANYBODY);
		const outputs = values.map((value) => [address, value + FUNDING_FEE]);
		const txid = await this.network.pay(outputs, '--mine');
		return values.map((value, vout) => ({ txid, vout, value }));
	}

	/** Registers a bond of one account for another: makes a key and the address, the transaction that is to pay to it,
	 * and signs what slashes it. */
	async register(owner, sequencer, coin, timelock) {
		const file = (what) => this.network.file(`bond-${coin.txid.slice(0, 8)}-${coin.vout}.${what}`);
		const [key, terms, unsigned, signed] = ['key', 'terms', 'unsigned', 'signed'].map(file);
		const made = await this.as(owner, 'bond', 'address', '--sequencer', sequencer.address,
			'--new-staker-key', key, '--timelock', timelock, '--save', terms);
		const script = await this.bitcoin.scriptOf(made.address);
		writeFileSync(unsigned, funding(coin, script));
		writeFileSync(signed, funding(coin, script, true));
		const { outpoint } = await this.as(owner, 'bond', 'register', '--bond', terms, '--funding', unsigned,
			'--staker-key', key, '--yes');
		return { ...coin, owner, sequencer, timelock, script, outpoint, key, terms, unsigned, signed, staker: made.staker };
	}

	/** Waits until a final block says that the covenant has signed the way out, and sends the money. */
	async fund(bond) {
		await this.chronicle.said('BondApproved', this.is(bond.outpoint), 90);
		return this.pay(bond);
	}

	/** Sends the money. */
	pay({ terms, signed }) {
		return this.network.entangled('bond', 'fund', '--bond', terms, '--signed', signed);
	}

	/** Makes the transaction that brings a bond's coin, wherever it is, to somebody. */
	async withdraw({ outpoint, key }, { script }, ...options) {
		const to = await this.bitcoin.addressOf(script);
		return this.network.entangled('bond', 'withdraw', outpoint, '--to', to, '--fee-rate', '2',
			'--staker-key', key, ...options);
	}

	/** Whether an event is about this bond. */
	is(outpoint) {
		return (data) => written(data.outpoint) === outpoint;
	}

	bond(outpoint, ...at) {
		return this.ask('bond', outpoint, ...at);
	}

	/** Waits until a bond is in this state, and gives it. */
	reached(outpoint, state, seconds = 90) {
		return until(`bond ${outpoint} is ${state}`, async () => {
			const bond = await this.bond(outpoint);
			return word(bond.state) === state && bond;
		}, seconds);
	}

	/** The call that registers a bond, as the program has made it. */
	async registration({ outpoint, sequencer, staker, timelock, script, ...coin }, changes = {}) {
		const { covenant, presigned } = await this.bond(outpoint);
		const hex = (digits) => `0x${digits}`;
		return this.api.tx.sequencerStaking.register({
			sequencer: sequencer.address,
			staker: hex(staker),
			timelock,
			covenant,
			funding: hex(funding(coin, script)),
			vout: 0,
			presigned: { bond: hex(presigned.bond), unbonding: hex(presigned.unbonding) },
			...changes,
		});
	}

	/** The call that brings the proof that a bond is on Bitcoin. */
	async activation(outpoint) {
		const proof = await this.bitcoin.proof(outpoint.split(':')[0]);
		return this.api.tx.sequencerStaking.activate(call(outpoint), claimOf(proof));
	}

	/** Who makes blocks now. */
	async validators() {
		return (await this.api.query.session.validators()).map(String).sort();
	}

	/** Waits until a session begins. */
	async session() {
		const index = async () => (await this.api.query.session.currentIndex()).toNumber();
		const before = await index();
		await until('another session begins', async () => (await index()) > before, 90);
	}
}
