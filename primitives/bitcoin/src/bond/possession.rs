//! Proof that a staker's key belongs to an account of the network.

use crate::{bip340::tagged_hash, Crypto, Sha256, Signature, XOnlyKey};

/// What the staker's key signs (BIP 340) to belong to an account: a tagged hash of the network's genesis
/// hash, the account's public key and the staker's. So it holds on one network and for one account.
pub fn possession_message<H: Sha256>(
	genesis: &[u8; 32],
	account: &[u8; 32],
	staker: &XOnlyKey,
) -> [u8; 32] {
	tagged_hash::<H>(b"Entangled/BondOwner", &[genesis, account, &staker.0])
}

/// Whether the signature proves that the staker's key belongs to the account.
pub fn owns<C: Crypto>(
	genesis: &[u8; 32],
	account: &[u8; 32],
	staker: &XOnlyKey,
	signature: &Signature,
) -> bool {
	staker.verify::<C>(&possession_message::<C>(genesis, account, staker), signature)
}
