//! Why a transaction is refused, in Bitcoin Core's words.

/// A refusal: the reason that clients match on, and the sentence that explains it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub struct Rejection {
	/// What is wrong.
	pub reason: Reason,
	/// More about it; often empty (`GetDebugMessage`).
	pub detail: String,
}

impl Rejection {
	/// Reason and detail as `sendrawtransaction` joins them (`ValidationState::ToString`).
	fn text(&self) -> String {
		if self.detail.is_empty() {
			self.reason.to_string()
		} else {
			format!("{}, {}", self.reason, self.detail)
		}
	}
}

impl From<Reason> for Rejection {
	fn from(reason: Reason) -> Self {
		Self { reason, detail: String::new() }
	}
}

/// What is wrong with a transaction (`GetRejectReason`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
	/// It has no input.
	#[error("bad-txns-vin-empty")]
	NoInputs,
	/// It has no output.
	#[error("bad-txns-vout-empty")]
	NoOutputs,
	/// It is larger than a block.
	#[error("bad-txns-oversize")]
	Oversize,
	/// An amount is negative.
	#[error("bad-txns-vout-negative")]
	NegativeOutput,
	/// An amount is above the supply.
	#[error("bad-txns-vout-toolarge")]
	OutputTooLarge,
	/// The amounts' sum is above the supply.
	#[error("bad-txns-txouttotal-toolarge")]
	OutputsTooLarge,
	/// It spends an output twice.
	#[error("bad-txns-inputs-duplicate")]
	DuplicateInputs,
	/// It spends the null output.
	#[error("bad-txns-prevout-null")]
	NullInput,
	/// The engine finds another fault in its form.
	#[error("bad-txns")]
	Malformed,
	/// It is a coinbase, which only a block can hold.
	#[error("coinbase")]
	Coinbase,
	/// Its version is not 1 to 3.
	#[error("version")]
	Version,
	/// It is heavier than the relay limit.
	#[error("tx-size")]
	TooHeavy,
	/// It is smaller than the relay limit (CVE-2017-12842).
	#[error("tx-size-small")]
	TooSmall,
	/// An input's script is longer than the relay limit.
	#[error("scriptsig-size")]
	InputScriptSize,
	/// An input's script does more than push.
	#[error("scriptsig-not-pushonly")]
	InputScriptNotPushOnly,
	/// An output's script is not standard.
	#[error("scriptpubkey")]
	OutputScript,
	/// Its `OP_RETURN` outputs are longer than the relay limit.
	#[error("datacarrier")]
	DataCarrier,
	/// An output is worth less than spending it costs.
	#[error("dust")]
	Dust,
	/// It spends from a waiting transaction, but leaves its dust.
	#[error("missing-ephemeral-spends")]
	MissingEphemeralSpends,
	/// It spends a script that is not standard.
	#[error("bad-txns-nonstandard-inputs")]
	NonstandardInputs,
	/// A witness breaks the relay limits.
	#[error("bad-witness-nonstandard")]
	NonstandardWitness,
	/// It has more signature operations than the relay limit.
	#[error("bad-txns-too-many-sigops")]
	TooManySigops,
	/// Its lock time is not reached.
	#[error("non-final")]
	NonFinal,
	/// A relative lock time (BIP68) is not reached.
	#[error("non-BIP68-final")]
	NonBip68Final,
	/// It is in the pool.
	#[error("txn-already-in-mempool")]
	AlreadyInMempool,
	/// It is in the pool with another witness.
	#[error("txn-same-nonwitness-data-in-mempool")]
	SameNonWitnessDataInMempool,
	/// It is in a block.
	#[error("txn-already-known")]
	AlreadyKnown,
	/// An input does not exist or is spent.
	#[error("bad-txns-inputs-missingorspent")]
	MissingInputs,
	/// It spends a coinbase too early.
	#[error("bad-txns-premature-spend-of-coinbase")]
	PrematureCoinbaseSpend,
	/// The inputs' sum is above the supply.
	#[error("bad-txns-inputvalues-outofrange")]
	InputsOutOfRange,
	/// It pays out more than it takes in.
	#[error("bad-txns-in-belowout")]
	InputsBelowOutputs,
	/// It pays less than the pool's current minimum.
	#[error("mempool min fee not met")]
	MempoolMinFee,
	/// It pays less than the relay minimum.
	#[error("min relay fee not met")]
	MinRelayFee,
	/// It pays more than whoever offers it allows.
	#[error("max feerate exceeded")]
	MaxFeeRate,
	/// It breaks a rule of version 3 transactions (BIP431).
	#[error("TRUC-violation")]
	TrucViolation,
	/// It conflicts with the pool where no replacement is allowed.
	#[error("bip125-replacement-disallowed")]
	ReplacementDisallowed,
	/// It spends an output of a transaction that it replaces.
	#[error("bad-txns-spends-conflicting-tx")]
	SpendsConflicting,
	/// It replaces too much.
	#[error("too many potential replacements")]
	TooManyReplacements,
	/// It does not pay for what it replaces.
	#[error("insufficient fee")]
	InsufficientFee,
	/// It pays more than what it replaces, but makes the pool worse.
	#[error("replacement-failed")]
	ReplacementFailed,
	/// Too many connected transactions.
	#[error("too-large-cluster")]
	TooLargeCluster,
	/// A script fails. The engine tells no more than that.
	#[error("mempool-script-verify-flag-failed (unknown error)")]
	Script,
}

impl Reason {
	/// Whether the transaction may still come as part of a package: it pays too little by itself, also to
	/// replace what it conflicts with, or rests on one that does (`TX_RECONSIDERABLE`,
	/// `TX_MISSING_INPUTS`).
	pub fn is_reconsiderable(self) -> bool {
		matches!(
			self,
			Self::MempoolMinFee
				| Self::MinRelayFee
				| Self::InsufficientFee
				| Self::ReplacementFailed
				| Self::MissingInputs
		)
	}

	/// This reason with an explanation.
	pub fn because(self, detail: impl Into<String>) -> Rejection {
		Rejection { reason: self, detail: detail.into() }
	}
}
