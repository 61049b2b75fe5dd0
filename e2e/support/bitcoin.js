// Bitcoin, as its own JSON-RPC shows it, and headers made by hand.

import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A client of Bitcoin Core's JSON-RPC. */
export class Bitcoin {
	constructor(url, cookieFile, address) {
		this.url = url;
		this.authorization = `Basic ${Buffer.from(readFileSync(cookieFile, 'utf8').trim()).toString('base64')}`;
		this.address = address;
	}

	async call(method, ...params) {
		const response = await fetch(this.url, {
			method: 'POST',
			headers: { authorization: this.authorization, 'content-type': 'application/json' },
			body: JSON.stringify({ jsonrpc: '2.0', id: method, method, params }),
			signal: AbortSignal.timeout(30_000),
		});
		const { result, error } = await response.json();
		if (error) throw new Error(`${method}: ${error.message} (${error.code})`);
		return result;
	}

	/** Mines blocks to the faucet, and gives their hashes. */
	mine(blocks) {
		return this.call('generatetoaddress', blocks, this.address);
	}

	/** Mines a block with these transactions only, raw or by their ids, and gives its hash. */
	async mineOnly(transactions = []) {
		return (await this.call('generateblock', this.address, transactions)).hash;
	}

	/** A transaction as Bitcoin knows it: its block, its outputs with their amounts in satoshi. */
	async transaction(txid) {
		const transaction = await this.call('getrawtransaction', txid, true);
		const outputs = transaction.vout.map(({ value, scriptPubKey }) => ({
			script: scriptPubKey.hex,
			sats: sats(value),
		}));
		return { ...transaction, outputs };
	}

	/** All coins that an output script holds, in satoshi each. */
	async coins(script) {
		const { unspents } = await this.call('scantxoutset', 'start', [`raw(${script})`]);
		return unspents.map(({ amount }) => sats(amount));
	}

	/** The address of an output script. */
	async addressOf(script) {
		const length = (script.length / 2).toString(16).padStart(2, '0');
		const output = `01000000${'01'}${'00'.repeat(36)}00ffffffff${'01'}${'00'.repeat(8)}${length}${script}00000000`;
		return (await this.call('decoderawtransaction', output)).vout[0].scriptPubKey.address;
	}

	/** The output script of an address. */
	async scriptOf(address) {
		return (await this.call('validateaddress', address)).scriptPubKey;
	}

	/** What a transaction that waits pays together with all that rests on it, in satoshi per virtual byte. */
	async packageRate(txid) {
		const { fees, descendantsize } = await this.call('getmempoolentry', txid);
		return sats(fees.descendant) / descendantsize;
	}

	/** The proof that a transaction is in its block, as the nodes' JSON-RPC takes it. */
	async proof(txid) {
		const { blockhash } = await this.call('getrawtransaction', txid, true);
		const { height, tx } = await this.call('getblock', blockhash, 2);
		const leaves = tx.map(({ hex }) => withoutWitness(Buffer.from(hex, 'hex')));
		const index = tx.findIndex((transaction) => transaction.txid === txid);
		const siblings = [];
		// A mid-state is what is hashed once more to give the node.
		let level = leaves.map(sha256);
		for (let at = index; level.length > 1; at >>= 1) {
			siblings.push((level[at ^ 1] ?? level[at]).toString('hex'));
			const nodes = level.map(sha256);
			level = nodes
				.filter((_, place) => place % 2 === 0)
				.map((left, pair) => sha256(Buffer.concat([left, nodes[2 * pair + 1] ?? left])));
		}
		const transaction = leaves[index].toString('hex');
		return { block: { height, hash: blockhash }, transaction, index, siblings };
	}

	async tip() {
		const { blocks, bestblockhash } = await this.call('getblockchaininfo');
		return { height: blocks, hash: bestblockhash };
	}
}

const sha256 = (data) => createHash('sha256').update(data).digest();

/** Satoshi, from the bitcoins that Bitcoin Core's JSON-RPC writes. */
const sats = (bitcoins) => Math.round(bitcoins * 1e8);

/** A transaction's bytes without its witnesses (BIP 144). */
export function withoutWitness(raw) {
	if (raw[4] !== 0) return raw;
	let at = 6;
	const length = () => {
		const first = raw[at++];
		if (first < 0xfd) return first;
		const size = { 0xfd: 2, 0xfe: 4 }[first];
		at += size;
		return raw.readUIntLE(at - size, size);
	};
	const skip = (bytes) => (at += bytes);
	for (let inputs = length(); inputs > 0; inputs--) {
		skip(36);
		skip(length());
		skip(4);
	}
	for (let outputs = length(); outputs > 0; outputs--) {
		skip(8);
		skip(length());
	}
	return Buffer.concat([raw.subarray(0, 4), raw.subarray(6, at), raw.subarray(-4)]);
}

/** The hash of a header of 80 bytes, in the order in which it is hashed. */
export const headerHash = (header) => sha256(sha256(header));

/** A block hash as Bitcoin's tools show it. */
export const shown = (hash) => Buffer.from(hash).reverse().toString('hex');

/** A proof as the chain's own calls take it, which the nodes' JSON-RPC shows otherwise. */
export function claimOf({ block, ...proof }) {
	const hex = (digits) => `0x${digits}`;
	const hash = hex(shown(Buffer.from(block.hash, 'hex')));
	return {
		block: { height: block.height, hash },
		proof: { ...proof, transaction: hex(proof.transaction), siblings: proof.siblings.map(hex) },
	};
}

/** A valid regtest header on the parent with this hash (in the order in which it is hashed). */
export function mineHeader(parent, time) {
	const header = Buffer.alloc(80);
	header.writeInt32LE(0x20000000, 0);
	parent.copy(header, 4);
	randomBytes(32).copy(header, 36);
	header.writeUInt32LE(time, 68);
	header.writeUInt32LE(0x207fffff, 72);
	// The target is half of all hashes: the last byte, which is the highest, must be below 0x80.
	for (let nonce = 0; ; nonce++) {
		header.writeUInt32LE(nonce, 76);
		if (headerHash(header)[31] < 0x7f) return header;
	}
}
