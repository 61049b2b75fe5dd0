// Sending transactions and hearing of events, as a dApp does.

import { Keyring } from '@polkadot/keyring';
import { cryptoWaitReady } from '@polkadot/util-crypto';
import { until } from './network.js';

/** One of the well-known development accounts, such as `//Alice`. */
export async function account(uri) {
	await cryptoWaitReady();
	return new Keyring({ type: 'sr25519' }).addFromUri(uri);
}

/** The name of what a transaction was refused for. */
function errorName(api, error) {
	return error.isModule ? api.registry.findMetaError(error.asModule).name : error.type;
}

/** Signs and sends; gives the events once in a block, or in one that is final, or throws with the
 * error's name. */
export function send(api, transaction, signer, when = 'InBlock') {
	return new Promise((resolve, reject) => {
		transaction
			.signAndSend(signer, ({ status, events, dispatchError, isError }) => {
				if (isError) reject(new Error(`the transaction is ${status.type}`));
				if (status.type !== when) return;
				if (dispatchError) reject(new Error(errorName(api, dispatchError)));
				else resolve(events.map(({ event }) => event));
			})
			.catch(reject);
	});
}

/** Sends a call as root; throws with the error's name when it fails. What root decides must stand before
 * anything builds on it, and a block that is not final may yet lose against another. */
export async function sudo(api, call, key) {
	const events = await send(api, api.tx.sudo.sudo(call), key, 'Finalized');
	const { data } = events.find(({ method }) => method === 'Sudid');
	if (data[0].isErr) throw new Error(errorName(api, data[0].asErr));
	return events;
}

/** Collects the events of a pallet from here on, with their fields by name. */
export async function listen(api, pallet) {
	const heard = [];
	await api.query.system.events((records) => {
		for (const { event } of records) {
			if (event.section !== pallet) continue;
			const fields = event.data.toJSON();
			const names = event.data.names;
			const data = names ? Object.fromEntries(names.map((name, index) => [name, fields[index]])) : fields;
			heard.push({ name: event.method, data });
		}
	});
	return heard;
}

/** What final blocks say. Nothing of it is ever taken back. */
export class Chronicle {
	entries = [];
	#read = Promise.resolve();

	/** Writes down the events of these pallets from here on, with their fields by name. */
	static async of(api, ...pallets) {
		const chronicle = new Chronicle();
		await api.derive.chain.subscribeFinalizedHeads((header) => {
			const read = chronicle.#read.then(() => chronicle.#write(api, header, pallets));
			chronicle.#read = read.catch((error) => (chronicle.failure = error));
		});
		return chronicle;
	}

	async #write(api, header, pallets) {
		const { query } = await api.at(header.hash);
		const [records, session] = await Promise.all([query.system.events(), query.session.currentIndex()]);
		const block = { hash: header.hash.toHex(), parent: header.parentHash.toHex(), number: header.number.toNumber() };
		for (const { event } of records) {
			if (!pallets.includes(event.section)) continue;
			const fields = event.data.toJSON();
			const names = event.data.names ?? Object.keys(fields);
			const data = Object.fromEntries(names.map((name, index) => [name, fields[index]]));
			this.entries.push({ ...block, session: session.toNumber(), name: event.method, data });
		}
	}

	/** What was said so by now, and of which this is true. */
	all(name, matches = () => true) {
		if (this.failure) throw this.failure;
		return this.entries.filter((entry) => entry.name === name && matches(entry.data));
	}

	/** Waits until it is said, and gives the first entry. */
	async said(name, matches, seconds) {
		return until(`final blocks say ${name}`, () => this.all(name, matches)[0], seconds);
	}
}
