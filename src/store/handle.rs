//! The door between the store, which blocks, and the tasks, which must not.

use super::{Store, StoreError};
use std::sync::Arc;

/// A store that tasks can share.
#[derive(Clone)]
pub struct Handle(Arc<dyn Store>);

impl Handle {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self(store)
    }

    /// Returns the store itself, for work that may block where it is.
    pub fn store(&self) -> &dyn Store {
        self.0.as_ref()
    }

    /// Runs `work` where blocking is allowed. A panic in it goes on in the caller.
    pub async fn with<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Store) -> Result<T, StoreError> + Send + 'static,
    {
        let store = Arc::clone(&self.0);
        match tokio::task::spawn_blocking(move || work(store.as_ref())).await {
            Ok(result) => result,
            Err(died) => match died.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(StoreError::Disk("vahti is stopping".into())),
            },
        }
    }
}
