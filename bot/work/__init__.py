"""Work under a lease: take, try, settle, sweep; pacing and wake-ups."""
