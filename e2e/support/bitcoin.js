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

	async tip() {
		const { blocks, bestblockhash } = await this.call('getblockchaininfo');
		return { height: blocks, hash: bestblockhash };
	}
}

const sha256 = (data) => createHash('sha256').update(data).digest();

/** The hash of a header of 80 bytes, in the order in which it is hashed. */
export const headerHash = (header) => sha256(sha256(header));

/** A block hash as Bitcoin's tools show it. */
export const shown = (hash) => Buffer.from(hash).reverse().toString('hex');

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
