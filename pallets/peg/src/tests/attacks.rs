//! What has gone wrong elsewhere, or was found by those who looked for it. Each test says where.

mod deposits;
mod fees;
mod payments;
