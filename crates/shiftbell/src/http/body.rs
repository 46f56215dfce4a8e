//! The raw bytes of a request: all of them, or a clear refusal.

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use futures_util::StreamExt;

use super::reply::Problem;

/// A body that is too large is still read up to this many times the limit, so that the sender reads our answer instead of
/// a broken connection.
const POLITE_READ_TIMES: usize = 16;

/// Reads a body of at most `bytes_max` bytes.
pub async fn read(body: Body, bytes_max: usize) -> Result<Bytes, Problem> {
    let mut stream = body.into_data_stream();
    let mut kept: Vec<u8> = Vec::new();
    let mut seen = 0_usize;
    while let Some(part) = stream.next().await {
        let part = part.map_err(|_| {
            Problem::new(StatusCode::BAD_REQUEST, format!("the body ended after {seen} bytes, before it was complete"))
        })?;
        seen = seen.saturating_add(part.len());
        if seen <= bytes_max {
            kept.extend_from_slice(&part);
        } else {
            kept = Vec::new();
            if seen > bytes_max.saturating_mul(POLITE_READ_TIMES) {
                break;
            }
        }
    }
    if seen > bytes_max {
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body is larger than {bytes_max} bytes; send fewer events at once"),
        ));
    }
    Ok(kept.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_at_the_limit_is_taken_and_one_above_it_is_refused_with_a_sentence() {
        assert_eq!(read(Body::from(vec![7; 100]), 100).await.unwrap().len(), 100);
        let problem = read(Body::from(vec![7; 101]), 100).await.unwrap_err();
        assert_eq!(problem.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(problem.sentence.contains("larger than 100 bytes"), "{}", problem.sentence);
    }
}
