// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! How namespaces answer: transactions to be sent, and what changes from block to block.

use codec::Encode;
use entangled_runtime::{
	opaque::{Block, UncheckedExtrinsic},
	Hash,
};
use futures::{future, Stream, StreamExt};
use polkadot_sdk::{sc_client_api::BlockchainEvents, sp_blockchain::HeaderBackend, sp_core::Bytes};
use std::sync::Arc;

/// As `author_submitExtrinsic` takes it.
pub fn submittable(extrinsic: UncheckedExtrinsic) -> Bytes {
	extrinsic.encode().into()
}

/// What `question` gives at the best block, and at each new best block that changes it. A block
/// whose state is not there, as during warp sync, says nothing. The runtime answers on a thread of its own:
/// there may be many questions, and all else that the node does shares the others.
pub fn states<C, T>(
	client: Arc<C>,
	question: impl Fn(&C, Hash) -> Option<T> + Send + Sync + 'static,
) -> impl Stream<Item = T> + Unpin
where
	C: HeaderBackend<Block> + BlockchainEvents<Block> + Send + Sync + 'static,
	T: Clone + PartialEq + Send + 'static,
{
	// Subscribed before the first answer is read, so that none is missed.
	let new_best = client
		.import_notification_stream()
		.filter_map(|block| future::ready(block.is_new_best.then_some(block.hash)));
	let now = futures::stream::iter([client.info().best_hash]);
	let question = Arc::new(question);
	let answers = now.chain(new_best).then(move |at| {
		let (client, question) = (client.clone(), question.clone());
		let answer = tokio::task::spawn_blocking(move || question(&client, at));
		async move { answer.await.ok().flatten() }
	});
	changes(Box::pin(answers))
}

/// The answers, each that differs from the one before.
pub fn changes<T: Clone + PartialEq>(
	answers: impl Stream<Item = Option<T>> + Unpin,
) -> impl Stream<Item = T> + Unpin {
	answers
		.scan(None, |last, answer| {
			let news = answer.filter(|answer| last.as_ref() != Some(answer));
			if news.is_some() {
				last.clone_from(&news);
			}
			future::ready(Some(news))
		})
		.filter_map(future::ready)
}
