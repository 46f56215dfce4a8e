//! What `/metrics` counts. Names are words of the walk; labels are ids of our own, never of people or customers.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// The one recorder of this process.
static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Begins to count. Later calls in the same process share the first recorder.
pub fn start() {
    RECORDER.get_or_init(|| {
        let buckets = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
        let handle = PrometheusBuilder::new().set_buckets(&buckets).ok()?.install_recorder().ok()?;
        describe();
        Some(handle)
    });
}

/// Everything counted so far, in Prometheus' text form.
pub fn text() -> String {
    match RECORDER.get() {
        Some(Some(handle)) => {
            handle.run_upkeep();
            handle.render()
        }
        Some(None) | None => String::new(),
    }
}

fn describe() {
    metrics::describe_counter!(
        "shiftbell_deliveries_received_total",
        "Deliveries by source and answer: new, known, refused"
    );
    metrics::describe_counter!(
        "shiftbell_events_total",
        "Events by source and what became of them: appended, known, held, aside"
    );
    metrics::describe_counter!(
        "shiftbell_elements_total",
        "Elements of deliveries that became no event, by source: ignored, unreadable"
    );
    metrics::describe_counter!("shiftbell_notices_total", "Notices by outlet and outcome");
    metrics::describe_counter!(
        "shiftbell_questions_total",
        "Questions by where they were asked and whether they were answered"
    );
    metrics::describe_counter!(
        "shiftbell_untold_notices_total",
        "Messages that did not arrive, and whose owner could not be told by another path"
    );
    metrics::describe_histogram!("shiftbell_answer_seconds", metrics::Unit::Seconds, "From a command to its answer");
    metrics::describe_histogram!(
        "shiftbell_receive_seconds",
        metrics::Unit::Seconds,
        "From a delivery's last byte to its acknowledgement"
    );
    metrics::describe_histogram!(
        "shiftbell_derive_seconds",
        metrics::Unit::Seconds,
        "One batch of deliveries from claim to commit"
    );
    metrics::describe_counter!(
        "shiftbell_poll_rounds_total",
        "Rounds in which a source was asked for what it has, by outcome: done, failed, stopped, elsewhere"
    );
    metrics::describe_counter!("shiftbell_polled_records_total", "Records that sources gave when they were asked");
    metrics::describe_counter!("shiftbell_polled_events_total", "Events that were new in those records");
    metrics::describe_gauge!("shiftbell_poll_records_left", "Records that the round under way still has to read");
    metrics::describe_gauge!("shiftbell_polled_at_seconds", "When a source was last read to its end");
    metrics::describe_gauge!("shiftbell_inbox_deliveries", "Deliveries that are not worked in yet, by workspace");
    metrics::describe_gauge!(
        "shiftbell_socket_up_since_seconds",
        "Since when a chat system's socket is connected, in seconds since 1970; 0: it is not"
    );
    metrics::describe_counter!(
        "shiftbell_socket_connections_total",
        "Connections to a chat system that were opened and used"
    );
    metrics::describe_gauge!("shiftbell_outbox_notices", "Notices that are not delivered yet, by workspace");
}
