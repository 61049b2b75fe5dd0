// A development network of the tests' own.

import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ApiPromise, HttpProvider, WsProvider } from '@polkadot/api';
import { Bitcoin } from './bitcoin.js';

/** Ports beside the usual ones, so that the tests run beside a network of the user's. */
const PORTS = { bitcoin: 28443, door: 28543, rpc: 29944, p2p: 31333, prometheus: 29615 };

const target =
	process.env.CARGO_TARGET_DIR ??
	join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'entangled', 'target');

/** One of the programs that `make build` builds. */
const program = (name) => join(target, 'release', name);

/** Runs one of them, and gives what it prints. */
const run = (name, args, options) => promisify(execFile)(program(name), args, options);

/** Asks until the answer is neither null, undefined nor false. */
export async function until(what, ask, seconds = 60) {
	const deadline = Date.now() + seconds * 1000;
	let last;
	while (Date.now() < deadline) {
		try {
			const answer = await Promise.race([ask(), sleep(15_000, undefined, { ref: false })]);
			if (answer !== undefined && answer !== null && answer !== false) return answer;
			last = answer;
		} catch (error) {
			last = error;
		}
		await sleep(250);
	}
	throw new Error(`waited ${seconds} s in vain until ${what}; last: ${last}`);
}

/** A door to a port that can be shut and opened again. */
class Door {
	constructor(port, to) {
		this.sockets = new Set();
		this.server = createServer((client) => {
			const server = connect(to, '127.0.0.1');
			for (const [socket, other] of [[client, server], [server, client]]) {
				this.sockets.add(socket);
				socket.pipe(other);
				socket.on('error', () => other.destroy());
				socket.on('close', () => {
					other.destroy();
					this.sockets.delete(socket);
				});
			}
		});
		this.port = port;
	}

	open() {
		return new Promise((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
	}

	shut() {
		for (const socket of this.sockets) socket.destroy();
		return new Promise((resolve) => this.server.close(resolve));
	}
}

/** Puts changes into a tree of objects. */
function change(tree, changes) {
	for (const [name, value] of Object.entries(changes)) {
		if (value?.constructor === Object) change((tree[name] ??= {}), value);
		else tree[name] = value;
	}
}

/** A running network: Bitcoin, four validators, charlie's own door to Bitcoin, and whoever joins. */
export class Network {
	/** The nodes that have joined: as the state has the validators, with their processes. */
	joined = [];

	/** Starts a network, whose genesis may differ in some numbers from the one that is built in. */
	static async start({ genesis } = {}) {
		const network = new Network();
		network.directory = mkdtempSync(join(tmpdir(), 'entangled-e2e-'));
		network.door = new Door(PORTS.door, PORTS.bitcoin);
		await network.door.open();
		network.process = spawn(
			program('entangled-devnet'),
			[
				'--headless',
				'--no-story',
				'--mine-every=0',
				`--directory=${join(network.directory, 'network')}`,
				`--bitcoin-port=${PORTS.bitcoin}`,
				`--rpc-port=${PORTS.rpc}`,
				`--p2p-port=${PORTS.p2p}`,
				`--prometheus-port=${PORTS.prometheus}`,
				`--bitcoin-of=charlie=http://127.0.0.1:${PORTS.door}`,
				...(genesis ? [`--node=${await network.nodeFrom(genesis)}`] : []),
			],
			{ stdio: ['ignore', 'pipe', 'pipe'] },
		);
		network.output = '';
		let ended;
		network.process.on('error', (error) => (ended = error.message));
		network.process.on('exit', (code) => (ended = `it exited with ${code}`));
		for (const stream of [network.process.stdout, network.process.stderr]) {
			stream.on('data', (data) => (network.output += data));
		}
		try {
			await until('the network is up, or cannot be', () => ended || network.output.includes('the network is up'), 400);
			if (ended) throw new Error(ended);
			network.process.on('exit', (code, signal) => {
				if (!network.stopping) console.error(`the network has ended (${code ?? signal}):\n${network.output.slice(-2_000)}`);
			});
			const { bitcoin, faucetAddress } = network.state();
			network.bitcoin = new Bitcoin(bitcoin.url, bitcoin.cookieFile, faucetAddress);
			network.api = await network.connect('alice');
			return network;
		} catch (error) {
			await network.stop();
			throw new Error(`${error.message}\n${network.output}`);
		}
	}

	/** Makes a node program whose devnet has another genesis. */
	async nodeFrom(genesis) {
		const [specification, node] = [this.file('chain.json'), this.file('node')];
		await run('entangled-node', ['export-chain-spec', '--chain=devnet', `--output=${specification}`]);
		const chain = JSON.parse(readFileSync(specification, 'utf8'));
		change(chain.genesis.runtimeGenesis.patch, genesis);
		writeFileSync(specification, JSON.stringify(chain));
		const arguments_ = `"\${@/#--chain=devnet/--chain=${specification}}"`;
		writeFileSync(node, `#!/bin/bash\nexec '${program('entangled-node')}' ${arguments_}\n`, { mode: 0o700 });
		return node;
	}

	/** Starts one more node: with the arguments of a validator's, but in a place of its own, with these options,
	 * and with the keys of `who`. Waits until it has caught up. */
	async join(name, who, like, ...options) {
		const index = this.state().validators.length + this.joined.length;
		const [rpc, p2p, prometheus] = [PORTS.rpc, PORTS.p2p, PORTS.prometheus].map((port) => port + index);
		const model = this.validator(like);
		const [node, ...args] = readFileSync(`/proc/${model.pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
		const value = (option) => args.find((arg) => arg.startsWith(`--${option}=`)).split('=')[1];
		const bootnode = `${value('listen-addr')}/p2p/${await this.rpc(like, 'system_localPeerId')}`;
		const own = {
			'base-path': this.file(name),
			'listen-addr': `/ip4/127.0.0.1/tcp/${p2p}`,
			'rpc-port': rpc,
			'prometheus-port': prometheus,
			'node-key': (index + 1).toString(16).padStart(64, '0'),
		};
		const place = args.map((arg) => {
			const [option] = arg.slice(2).split('=');
			if (option === like) return `--${who}`;
			return option in own ? `--${option}=${own[option]}` : arg;
		});
		const log = this.file(`${name}.log`);
		const output = openSync(log, 'a');
		const process_ = spawn(node, [...place, `--bootnodes=${bootnode}`, ...options], { stdio: ['ignore', output, output] });
		process.once('exit', () => process_.kill('SIGKILL'));
		const http = `http://127.0.0.1:${rpc}`;
		const seat = { name, pid: process_.pid, ws: http.replace('http', 'ws'), http, log };
		this.joined.push({ ...seat, prometheus: `http://127.0.0.1:${prometheus}/metrics`, process: process_ });
		await until(`${name} has caught up`, async () => {
			const { isSyncing, peers } = await this.rpc(name, 'system_health');
			return peers > 0 && !isSyncing && (await this.finalized(name)) > 0;
		});
	}

	/** Stops a node that has joined. */
	async leave(name) {
		const { process: process_ } = this.validator(name);
		if (process_.exitCode !== null || process_.signalCode !== null) return;
		const exited = new Promise((resolve) => process_.on('exit', resolve));
		process_.kill('SIGTERM');
		await exited;
	}

	/** Where everything is now. */
	state() {
		return JSON.parse(readFileSync(join(this.directory, 'network', 'network.json'), 'utf8'));
	}

	/** Where a node is, a validator of the devnet's or one that has joined. */
	validator(name) {
		return [...this.state().validators, ...this.joined].find((validator) => validator.name === name);
	}

	connect(name) {
		const provider = new WsProvider(this.validator(name).ws);
		return ApiPromise.create({ provider, noInitWarn: true });
	}

	/** Pays from the faucet, [address, satoshi] each, and gives the transaction's id. */
	async pay(outputs, ...options) {
		const { stdout } = await run('entangled-devnet', [
			'faucet',
			`--directory=${join(this.directory, 'network')}`,
			...options,
			...outputs.flat().map(String),
		]);
		return stdout.trim();
	}

	/** Runs the program `entangled`, and gives its answer; throws what it complains of. */
	async entangled(...args) {
		const { bitcoin } = this.state();
		const env = {
			...process.env,
			ENTANGLED_RPC: this.validator('alice').http,
			ENTANGLED_BITCOIN_RPC: bitcoin.url,
			ENTANGLED_BITCOIN_RPC_COOKIE: bitcoin.cookieFile,
		};
		try {
			const { stdout } = await run('entangled', [...args, '--json'], { env });
			return JSON.parse(stdout);
		} catch (error) {
			throw new Error(error.stderr?.trim() || error.message);
		}
	}

	/** A file of the test's own, which goes with the network. */
	file(name) {
		return join(this.directory, name);
	}

	/** Sends a signal to a validator's process. */
	signal(name, signal) {
		process.kill(this.validator(name).pid, signal);
	}

	/** Calls an RPC method of a validator's node, as a script would. */
	async rpc(name, method, ...params) {
		return new HttpProvider(this.validator(name).http).send(method, params);
	}

	/** What the chain, as this validator has it, knows as Bitcoin's tip. */
	tip(name = 'alice') {
		return this.rpc(name, 'bitcoin_getTip');
	}

	/** Waits until all validators know this Bitcoin block as the tip. */
	async follow(hash) {
		for (const { name } of this.state().validators) {
			const knows = async () => (await this.tip(name)).hash === hash;
			await until(`${name} knows ${hash} as the tip`, knows).catch(async (error) => {
				throw new Error(`${error.message}\n${await this.condition()}`);
			});
		}
	}

	/** What each validator says of itself, for when something did not happen. */
	async condition() {
		const lines = this.state().validators.map(async ({ name, log }) => {
			const ask = (method) => this.rpc(name, method).then(JSON.stringify, (error) => error.message);
			const tail = readFileSync(log, 'utf8').split('\n').slice(-15).join('\n');
			return [name, await ask('system_health'), await ask('chain_getHeader'), await ask('bitcoin_getTip'), tail].join('\n');
		});
		return (await Promise.all(lines)).join('\n');
	}

	async finalized(name) {
		const hash = await this.rpc(name, 'chain_getFinalizedHead');
		return Number((await this.rpc(name, 'chain_getHeader', hash)).number);
	}

	/** A figure that a validator's node reports to Prometheus, with this label if there are several. */
	async metric(name, metric, label = '') {
		const signal = AbortSignal.timeout(5_000);
		const text = await (await fetch(this.validator(name).prometheus, { signal })).text();
		const lines = text.split('\n').filter((line) => line.includes(label));
		const line = lines.find((line) => line.startsWith(`substrate_${metric}`) || line.startsWith(metric));
		return line && Number(line.split(' ').at(-1));
	}

	async stop() {
		this.stopping = true;
		await this.api?.disconnect();
		for (const { name } of this.joined) await this.leave(name);
		if (this.process.exitCode === null && this.process.signalCode === null) {
			const exited = new Promise((resolve) => this.process.on('exit', resolve));
			this.process.kill('SIGTERM');
			await exited;
		}
		await this.door.shut();
		if (process.env.E2E_KEEP) console.log(`the network's folder is kept: ${this.directory}`);
		else rmSync(this.directory, { recursive: true, force: true });
	}
}
