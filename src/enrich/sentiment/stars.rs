//! What the stars tell that were given with a post.

/// Weighs the stars that were given with a post: how much likelier each label is with them than without.
pub(super) fn starred(chances: [f32; 3], rating: Option<u8>) -> [f32; 3] {
    if rating.is_none() {
        return chances;
    }
    let mut weighed = [0.0; 3];
    for ((to, chance), weight) in weighed.iter_mut().zip(chances).zip(star_weights(rating)) {
        *to = chance * weight;
    }
    let all: f32 = weighed.iter().sum();
    weighed.map(|chance| chance / all.max(f32::MIN_POSITIVE))
}

/// Returns what stars weigh for each label.
pub(in crate::enrich) fn star_weights(rating: Option<u8>) -> [f32; 3] {
    match rating {
        None => [1.0; 3],
        Some(..=1) => [12.0, 0.5, 0.2],
        Some(2) => [6.0, 0.7, 0.3],
        Some(3) => [1.0, 1.5, 0.7],
        Some(4) => [0.3, 0.7, 3.0],
        Some(5..) => [0.15, 0.5, 6.0],
    }
}
