//! Findings in words: the verdict first, then what needs somebody, then the rest.

use std::fmt::Write as _;

use shiftbell_render::document::{Block, Document, Inline};

use super::{Finding, Report, Severity};

/// Longest list in a chat message.
const CHAT_FINDINGS_MAX: usize = 12;

/// "3 things need you, 1 may become one."
pub fn verdict(report: &Report) -> String {
    let (now, soon) = (report.count(Severity::NeedsYou), report.count(Severity::MayNeedYou));
    let now = match now {
        0 => None,
        1 => Some("1 thing needs you".to_owned()),
        n => Some(format!("{n} things need you")),
    };
    match (now, soon) {
        (None, 0) => "nothing needs you.".to_owned(),
        (None, 1) => "nothing needs you, 1 thing may.".to_owned(),
        (None, n) => format!("nothing needs you, {n} things may."),
        (Some(now), 0) => format!("{now}."),
        (Some(now), n) => format!("{now}, {n} may become one."),
    }
}

/// The report as it is printed. Without `with_known` one line says that nothing is wrong.
pub fn text(report: &Report, with_known: bool) -> String {
    let mut out = format!("{}: {}\n", report.workspace, verdict(report));
    let groups = [
        (Severity::NeedsYou, "needs you"),
        (Severity::MayNeedYou, "may become one"),
        (Severity::GoodToKnow, "good to know"),
    ];
    for (severity, title) in groups {
        let all: Vec<&Finding> = report.findings.iter().filter(|finding| finding.severity == severity).collect();
        if all.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n{title}");
        for finding in all {
            let _ = writeln!(out, "  {}: {}", title_of(finding), finding.means);
            if let Some(todo) = &finding.todo {
                let _ = writeln!(out, "    {todo}");
            }
        }
    }
    if with_known && !report.known.is_empty() {
        out.push_str("\nhow it stands\n");
        for known in &report.known {
            let _ = writeln!(out, "  {}: {}", known.what, known.words);
        }
    }
    out
}

fn title_of(finding: &Finding) -> String {
    match &finding.about {
        Some(about) => format!("{} ({about})", finding.name),
        None => finding.name.to_owned(),
    }
}

/// The report as it is answered in chat.
pub fn document(report: &Report) -> Document {
    let verdict = format!("{}: {}", report.workspace, verdict(report));
    let mut blocks = vec![Block::Lines(vec![vec![Inline::Strong(verdict.clone())]])];
    for finding in report.findings.iter().take(CHAT_FINDINGS_MAX) {
        let mut lines = vec![vec![Inline::Strong(title_of(finding)), Inline::Text(format!(": {}", finding.means))]];
        lines.extend(finding.todo.iter().map(|todo| vec![Inline::Text(todo.clone())]));
        blocks.push(Block::Lines(lines));
    }
    let left = report.findings.len().saturating_sub(CHAT_FINDINGS_MAX);
    if left > 0 {
        let more = format!("{left} more: `shiftbell doctor --workspace {}` lists them.", report.workspace);
        blocks.push(Block::Lines(vec![vec![Inline::Text(more)]]));
    }
    Document { push: verdict, blocks, ..Document::default() }
}

#[cfg(test)]
mod tests {
    use shiftbell_metrics::time::Instant;

    use super::*;

    fn report(severities: &[Severity]) -> Report {
        let finding = |severity: &Severity| Finding {
            severity: *severity,
            ..Finding::new("clock-off", Severity::NeedsYou, "It is late.", "Set the clock.").of("hubspot-main")
        };
        Report {
            workspace: "acme".to_owned(),
            looked_at: Instant(0),
            findings: severities.iter().map(finding).collect(),
            known: Vec::new(),
        }
    }

    #[test]
    fn the_verdict_counts_what_needs_somebody_and_one_line_says_that_nothing_does() {
        use Severity::{GoodToKnow, MayNeedYou, NeedsYou};
        let said = |severities: &[Severity]| verdict(&report(severities));
        assert_eq!(said(&[NeedsYou, NeedsYou, NeedsYou, MayNeedYou]), "3 things need you, 1 may become one.");
        assert_eq!(said(&[NeedsYou, GoodToKnow]), "1 thing needs you.");
        assert_eq!(said(&[MayNeedYou, MayNeedYou]), "nothing needs you, 2 things may.");
        assert_eq!(text(&report(&[]), true), "acme: nothing needs you.\n");
        assert_eq!(
            text(&report(&[NeedsYou]), false),
            "acme: 1 thing needs you.\n\nneeds you\n  clock-off (hubspot-main): It is late.\n    Set the clock.\n"
        );
    }
}
