use proptest::prelude::*;

use super::*;

const REVIEWER: &str = "revops.one@clowns.example";
const PILOT: &str = "csm.one@clowns.example";
const OTHER: &str = "ae.two@clowns.example";

fn file(step: RolloutStep) -> Rollout {
    Rollout { step, reviewer: Some(REVIEWER.into()), pilots: vec!["CSM.one@clowns.example".into()] }
}

fn step(step: RolloutStep, file: RolloutStep) -> Said {
    Said::Step { step, file }
}

#[test]
fn it_grows_from_the_reviewer_to_everyone() {
    let reached = |step| {
        let in_force = InForce::of(&file(step), &[]);
        [REVIEWER, PILOT, OTHER].map(|person| in_force.reaches(Recipient::Person(person)))
    };
    assert_eq!(reached(RolloutStep::Frame), [true, false, false]);
    assert_eq!(reached(RolloutStep::Focus), [true, true, false]);
    assert_eq!(reached(RolloutStep::Grow), [true, true, true]);
    let channel = |step| InForce::of(&file(step), &[]).reaches(Recipient::Channel("wins"));
    assert_eq!(RolloutStep::ALL.map(channel), [false, true, true]);
}

#[test]
fn in_the_frame_everything_goes_to_the_reviewer_and_in_focus_nothing_more() {
    let receiver = |step, recipient| InForce::of(&file(step), &[]).receiver(recipient);
    let instead = Receiver::Reviewer(REVIEWER.to_owned());
    assert_eq!(receiver(RolloutStep::Frame, Recipient::Person(OTHER)), instead);
    assert_eq!(receiver(RolloutStep::Frame, Recipient::Channel("wins")), instead);
    assert_eq!(receiver(RolloutStep::Frame, Recipient::Person("Revops.One@clowns.example")), Receiver::Themselves);
    assert_eq!(receiver(RolloutStep::Focus, Recipient::Person(OTHER)), Receiver::Nobody);
    let nobody = InForce::of(&Rollout { reviewer: None, ..file(RolloutStep::Frame) }, &[]);
    assert_eq!(nobody.receiver(Recipient::Channel("wins")), Receiver::Nobody);
}

#[test]
fn chat_moves_it_on_and_back_and_a_later_edit_of_the_file_to_something_further_wins() {
    use RolloutStep::{Focus, Frame, Grow};
    let now = |of: RolloutStep, said: &[Said]| InForce::of(&file(of), said).step();
    assert_eq!(now(Frame, &[step(Focus, Frame)]), Focus);
    assert_eq!(now(Frame, &[step(Focus, Frame), step(Grow, Frame), step(Frame, Frame)]), Frame);
    // The file says grow and somebody went back; the file as it was does not undo that.
    assert_eq!(now(Grow, &[step(Frame, Grow)]), Frame);
    // Edited from frame to grow after somebody had said focus.
    assert_eq!(now(Grow, &[step(Focus, Frame)]), Grow);
    // Edited to something that was passed already, or back: what was said stays.
    assert_eq!(now(Focus, &[step(Grow, Frame)]), Grow);
    assert_eq!(now(Frame, &[step(Grow, Focus)]), Grow);
}

#[test]
fn the_last_word_about_a_person_counts_whoever_wrote_it_and_however() {
    let pilots = |said: &[Said]| -> Vec<String> {
        InForce::of(&file(RolloutStep::Focus), said).pilots().map(str::to_owned).collect()
    };
    assert_eq!(pilots(&[Said::Pilot("AE.two@clowns.example".into())]), [OTHER, PILOT]);
    assert_eq!(pilots(&[Said::NotPilot("Csm.One@clowns.example".into())]), Vec::<String>::new());
    assert_eq!(pilots(&[Said::NotPilot(PILOT.into()), Said::Pilot(PILOT.into())]), [PILOT]);
}

#[test]
fn its_mark_changes_with_whom_it_reaches() {
    let mark = |step, said: &[Said]| InForce::of(&file(step), said).mark();
    let one_more = [Said::Pilot(OTHER.into())];
    assert_ne!(mark(RolloutStep::Focus, &[]), mark(RolloutStep::Focus, &one_more));
    assert_eq!(mark(RolloutStep::Frame, &[]), mark(RolloutStep::Frame, &one_more));
    let again = [Said::Pilot(OTHER.into()), Said::NotPilot(OTHER.into())];
    assert_eq!(mark(RolloutStep::Focus, &[]), mark(RolloutStep::Focus, &again));
    assert!(!mark(RolloutStep::Focus, &one_more).contains(char::is_whitespace));
}

fn any_step() -> impl Strategy<Value = RolloutStep> {
    (0..3_usize).prop_map(|at| RolloutStep::ALL[at])
}

fn any_said() -> impl Strategy<Value = Said> {
    let who = prop_oneof![Just(REVIEWER), Just(PILOT), Just(OTHER)].prop_map(str::to_owned);
    prop_oneof![
        (any_step(), any_step()).prop_map(|(step, file)| Said::Step { step, file }),
        who.clone().prop_map(Said::Pilot),
        who.prop_map(Said::NotPilot),
    ]
}

proptest! {
    /// Whatever was said: the reviewer is always reached, a further step reaches nobody less, and only in the frame does
    /// somebody receive what is for another.
    #[test]
    fn a_further_step_never_silences_anybody(of in any_step(), said in prop::collection::vec(any_said(), 0..12)) {
        let in_force = InForce::of(&file(of), &said);
        prop_assert!(in_force.reaches(Recipient::Person(REVIEWER)));
        let on = |to: RolloutStep| {
            let further: Vec<Said> = said.iter().cloned().chain([step(to, of)]).collect();
            InForce::of(&file(of), &further)
        };
        for recipient in [PILOT, OTHER].map(Recipient::Person).into_iter().chain([Recipient::Channel("wins")]) {
            let reached = RolloutStep::ALL.map(|to| on(to).reaches(recipient));
            prop_assert!(reached.is_sorted(), "{recipient:?}: {reached:?}");
            let is_instead = matches!(in_force.receiver(recipient), Receiver::Reviewer(_));
            prop_assert_eq!(is_instead, in_force.step() == RolloutStep::Frame);
        }
    }
}
