// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Paying for transactions at a regtest node, whose engine and memory pool judge what is sent.

mod answers;
mod children;
mod keys;
mod prices;
