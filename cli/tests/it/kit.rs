//! Nodes that answer what a test wants, and a committee, a deposit and a block for them.

use bitcoin::{
	absolute::LockTime,
	block::Version,
	hashes::Hash,
	key::{Keypair, Secp256k1},
	secp256k1::SecretKey,
	Amount, Block, CompactTarget, OutPoint, Sequence, Transaction, TxIn, TxMerkleNode, TxOut,
	Witness,
};
use entangled_bitcoin::{BlockHash, ChainId, Destination, Network, Refund, XOnlyKey};
use entangled_cli::{
	committee::CommitteeKeys,
	rpc::{Rpc, RpcError},
	sign::key::SigningKey,
	terms::Terms,
};
use serde_json::{json, Value};

/// The chain that the nodes are on, by the hash of its first block.
pub const GENESIS: ChainId = ChainId([0x11; 32]);
/// Another one, of the same committee.
pub const OTHER_GENESIS: ChainId = ChainId([0x22; 32]);

type Answer = dyn Fn(&str, &[Value]) -> Result<Value, RpcError> + Send + Sync;

/// A node that answers by a function.
pub struct Fake {
	url: String,
	answer: Box<Answer>,
}

impl Fake {
	pub fn new(
		url: &str,
		answer: impl Fn(&str, &[Value]) -> Result<Value, RpcError> + Send + Sync + 'static,
	) -> Self {
		Self { url: url.into(), answer: Box::new(answer) }
	}
}

#[async_trait::async_trait]
impl Rpc for Fake {
	fn url(&self) -> &str {
		&self.url
	}

	async fn call(&self, method: &str, params: Vec<Value>) -> Result<Value, RpcError> {
		(self.answer)(method, &params)
	}
}

/// A node's own error.
pub fn refused(method: &str, code: i64, message: &str, data: Option<Value>) -> RpcError {
	RpcError::Refused { method: method.into(), code, message: message.into(), data }
}

/// The public key of the secret key that is this number.
pub fn key(secret: u8) -> XOnlyKey {
	let mut bytes = [0; 32];
	bytes[31] = secret;
	let secret = SecretKey::from_slice(&bytes).unwrap();
	let pair = Keypair::from_secret_key(&Secp256k1::new(), &secret);
	XOnlyKey(pair.x_only_public_key().0.serialize())
}

/// The same as a file has it.
pub fn key_file(secret: u8) -> SigningKey {
	SigningKey::parse(&format!("{secret:064x}")).unwrap()
}

/// Three of four keys.
pub fn committee() -> CommitteeKeys {
	let mut keys = [1, 2, 3, 4].map(key).to_vec();
	keys.sort();
	CommitteeKeys { id: 0, keys, threshold: 3 }
}

/// Another committee of the same number.
pub fn impostors() -> CommitteeKeys {
	let mut keys = [5, 6, 7, 8].map(key).to_vec();
	keys.sort();
	CommitteeKeys { id: 0, keys, threshold: 3 }
}

/// A deposit to an account, that the key 9 can take back after 144 blocks.
pub fn terms() -> Terms {
	let refund = Refund { key: key(9), delay: 144 };
	let destination = Destination::Account([0xaa; 32]);
	Terms::new(Network::Regtest, GENESIS, committee(), destination, Some(refund)).unwrap()
}

/// A committee as a node shows it.
pub fn committee_json(committee: &CommitteeKeys) -> Value {
	let members = committee
		.keys
		.iter()
		.map(
			|key| json!({ "key": key, "account": "5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM" }),
		)
		.collect::<Vec<_>>();
	json!({
		"id": committee.id,
		"members": members,
		"threshold": committee.threshold,
		"custody": committee.custody_address(Network::Regtest).unwrap(),
		"fixed": "bcrt1p",
		"activeFrom": 1,
		"retiredAt": null,
		"honouredUntil": null,
	})
}

/// The peg's status as a node shows it.
pub fn status_json() -> Value {
	json!({
		"halted": false,
		"halt": null,
		"committee": 0,
		"supply": 0,
		"custody": 0,
		"reserve": 0,
		"pending": 0,
		"unswept": 0,
		"headroom": 1_000_000,
		"outflowLeft": 1_000_000,
		"feeRate": 5_000,
		"anchored": null,
		"policy": {
			"minDeposit": 100_000,
			"maxDeposit": 1_000_000_000,
			"minWithdrawal": 10_000,
			"cap": 10_000_000_000u64,
			"minRefundDelay": 144,
			"maxRefundDelay": 4_032,
			"claimMargin": 44,
			"somethingNew": true,
		},
	})
}

/// A transaction that pays these amounts to these scripts.
pub fn payment(outputs: &[(u64, Vec<u8>)]) -> Transaction {
	Transaction {
		version: bitcoin::transaction::Version::TWO,
		lock_time: LockTime::ZERO,
		input: vec![TxIn {
			previous_output: OutPoint::new(bitcoin::Txid::from_byte_array([3; 32]), 0),
			sequence: Sequence::MAX,
			script_sig: Default::default(),
			witness: Witness::from_slice(&[[7; 64]]),
		}],
		output: outputs
			.iter()
			.map(|(value, script)| TxOut {
				value: Amount::from_sat(*value),
				script_pubkey: script.clone().into(),
			})
			.collect(),
	}
}

/// A block with these transactions after its first one. Nobody has mined it.
pub fn block(transactions: Vec<Transaction>) -> Block {
	let mut coinbase = payment(&[(5_000_000_000, vec![0x51])]);
	coinbase.input[0].previous_output = OutPoint::null();
	let mut block = Block {
		header: bitcoin::block::Header {
			version: Version::TWO,
			prev_blockhash: bitcoin::BlockHash::all_zeros(),
			merkle_root: TxMerkleNode::all_zeros(),
			time: 1_700_000_000,
			bits: CompactTarget::from_consensus(0x207f_ffff),
			nonce: 0,
		},
		txdata: [vec![coinbase], transactions].concat(),
	};
	block.header.merkle_root = block.compute_merkle_root().unwrap();
	block
}

/// Its hash, as ours.
pub fn hash(block: &Block) -> BlockHash {
	block.block_hash().into()
}
