//! Which faults can happen, and why the others can't.

use embroker::table::{self, Facts, Flags, Group};

use super::{CommandMatch, Effect, Fault, On};

/// The commands of one client's connection that a broker has calls for.
const CALLS: [&str; 8] =
    ["subscribe", "psubscribe", "ssubscribe", "unsubscribe", "punsubscribe", "sunsubscribe", "watch", "exec"];

/// A command's name as the table has it.
pub(super) fn canonical(name: &str) -> String {
    name.trim().to_ascii_lowercase().replace(' ', "|")
}

/// Why the fault can't happen.
pub(super) fn check(fault: &Fault) -> Result<(), String> {
    match (fault.nth, fault.chance) {
        (Some(_), Some(_)) => return Err("it is either the nth or left to chance, not both".into()),
        (Some(0), None) => return Err("the 0th never comes, the first is 1".into()),
        (None, Some(chance)) if !(chance > 0.0 && chance <= 1.0) => {
            return Err(format!("a chance is above 0 and at most 1, not {chance}"));
        }
        _ => {}
    }
    match &fault.then {
        Effect::DelayMs(0) | Effect::JitterMs(0) => return Err("a delay of no time delays nothing".into()),
        Effect::Cut { misses: 0 } => return Err("a subscriber that is cut misses at least 1 message".into()),
        Effect::Fail(text) if text.trim().is_empty() => return Err("an error of Redis has a text".into()),
        Effect::Fail(text) if text.contains(['\r', '\n']) => return Err("an error of Redis is one line".into()),
        Effect::Fail(text) if !text.starts_with(|first: char| first.is_ascii_uppercase()) => {
            return Err(format!("an error of Redis begins with its code: write \"ERR {text}\""));
        }
        Effect::DelayMs(u64::MAX) | Effect::JitterMs(u64::MAX) => return Err("a delay has an end".into()),
        _ => {}
    }
    let is_of_commands = matches!(
        fault.then,
        Effect::Fail(_) | Effect::OutOfMemory | Effect::NotSent | Effect::LoseReply | Effect::DelayMs(_)
    );
    let is_of_messages = matches!(
        fault.then,
        Effect::Lose | Effect::Hold | Effect::DelayMs(_) | Effect::JitterMs(_) | Effect::Cut { .. }
    );
    match &fault.on {
        On::Message(_) if !is_of_messages => Err("that happens to commands, not to messages".into()),
        On::Command(_) if !is_of_commands => Err("that happens to messages, not to commands".into()),
        On::Message(on) if on.subscriber == Some(0) => Err("there is no subscriber 0, the first is 1".into()),
        On::Message(_) => Ok(()),
        On::Command(on) => check_command(on, matches!(fault.then, Effect::OutOfMemory)),
    }
}

fn check_command(on: &CommandMatch, needs_memory: bool) -> Result<(), String> {
    if let Some(family) = &on.family {
        let group = Group::ALL.into_iter().find(|group| group.name() == family);
        let Some(group) = group else {
            let all: Vec<_> = Group::ALL.into_iter().map(Group::name).collect();
            return Err(format!("there is no family {family}; there are {}", all.join(", ")));
        };
        if let Some(name) = &on.name
            && Facts::of(&canonical(name)).is_some_and(|facts| facts.group != group)
        {
            return Err(format!("{name} is not of the family {family}"));
        }
    }
    let Some(name) = &on.name else { return Ok(()) };
    let full = canonical(name);
    if full.is_empty() {
        return Err("a command has a name; any_command() strikes all".into());
    }
    let Some(facts) = Facts::of(&full) else {
        let like = Facts::all().map(|facts| facts.name).min_by_key(|other| distance(&full, other));
        let like = like.unwrap_or_default().to_ascii_uppercase().replace('|', " ");
        return Err(format!("Redis has no command {name}; did you mean {like}?"));
    };
    if matches!(full.as_str(), "multi" | "discard") {
        return Err(format!("{name} never reaches a broker, which gets a transaction as a whole: name EXEC"));
    }
    let spec = table::find(full.as_bytes());
    if spec.is_some_and(table::CommandSpec::is_session) && !CALLS.contains(&full.as_str()) {
        return Err(format!("{name} belongs to one client's connection and never reaches a broker"));
    }
    let has_keys = !facts.key_specs.is_empty() || facts.name.split('|').count() == 1 && is_container(&full);
    if on.key.is_some() && !has_keys {
        return Err(format!("{name} has no key; args([…]) goes by its arguments, such as a channel"));
    }
    // An arity that is exact is positive, and counts the words of the name.
    if let Some(most) = spec.and_then(|spec| usize::try_from(spec.arity).ok())
        && on.args.len() + full.split('|').count() > most
        && !is_container(&full)
    {
        return Err(format!("{name} has {}", arguments(most - full.split('|').count())));
    }
    if needs_memory && spec.is_some_and(|spec| !spec.flags.contains(Flags::DENYOOM)) && !is_container(&full) {
        return Err(format!("Redis runs {name} without memory to spare, so it never runs out of it"));
    }
    Ok(())
}

fn arguments(count: usize) -> String {
    match count {
        0 => "no argument".into(),
        1 => "1 argument and no more".into(),
        count => format!("{count} arguments and no more"),
    }
}

fn is_container(name: &str) -> bool {
    table::find(name.as_bytes()).is_some_and(|spec| spec.flags.contains(Flags::CONTAINER))
}

/// How many letters differ between two names: by insertion, removal or another letter.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in other.bytes().enumerate() {
            let here = if a == b { diagonal } else { 1 + diagonal.min(row[j]).min(row[j + 1]) };
            diagonal = std::mem::replace(&mut row[j + 1], here);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::FaultPlan;
    use super::*;

    fn refused(fault: Fault) -> String {
        let text = FaultPlan::new([Fault::command("GET").is_not_sent(), fault]).unwrap_err().to_string();
        text.strip_prefix("fault 2 of the plan can't happen: ").expect("it tells which").to_owned()
    }

    #[test]
    fn each_fault_that_cannot_happen_is_told_why() {
        let get = || Fault::command("GET");
        let said = [
            (get().nth(0).is_not_sent(), "the 0th never comes, the first is 1"),
            (get().nth(1).chance(0.5).is_not_sent(), "it is either the nth or left to chance, not both"),
            (get().chance(0.0).is_not_sent(), "a chance is above 0 and at most 1, not 0"),
            (get().chance(1.5).is_not_sent(), "a chance is above 0 and at most 1, not 1.5"),
            (get().chance(f64::NAN).is_not_sent(), "a chance is above 0 and at most 1, not NaN"),
            (get().is_delayed(Duration::ZERO), "a delay of no time delays nothing"),
            (get().fails(" "), "an error of Redis has a text"),
            (get().fails("ERR a\r\n+OK"), "an error of Redis is one line"),
            (get().runs_out_of_memory(), "Redis runs GET without memory to spare, so it never runs out of it"),
            (Fault::command("HGOT").is_not_sent(), "Redis has no command HGOT; did you mean HGET?"),
            (
                Fault::command("AUTH").is_not_sent(),
                "AUTH belongs to one client's connection and never reaches a broker",
            ),
            (
                Fault::command("MULTI").is_not_sent(),
                "MULTI never reaches a broker, which gets a transaction as a whole: name EXEC",
            ),
            (
                Fault::command("PUBLISH").key("a").is_not_sent(),
                "PUBLISH has no key; args([…]) goes by its arguments, such as a channel",
            ),
            (get().args(["a", "b"]).is_not_sent(), "GET has 1 argument and no more"),
            (Fault::command("dbsize").args(["*"]).is_not_sent(), "dbsize has no argument"),
            (Fault::command("OBJECT FREQ").args(["a", "b"]).is_not_sent(), "OBJECT FREQ has 1 argument and no more"),
            (Fault::command(" ").is_not_sent(), "a command has a name; any_command() strikes all"),
            (get().fails("disk on fire"), "an error of Redis begins with its code: write \"ERR disk on fire\""),
            (get().is_delayed(Duration::MAX), "a delay has an end"),
            (Fault::message("a").cuts_the_subscriber(0), "a subscriber that is cut misses at least 1 message"),
            (Fault::message("a").to_subscriber(0).is_lost(), "there is no subscriber 0, the first is 1"),
            (Fault::message("a").jitters(Duration::ZERO), "a delay of no time delays nothing"),
        ];
        for (fault, why) in said {
            assert_eq!(refused(fault), why);
        }
        assert!(
            refused(Fault::family("hashes").is_not_sent()).starts_with("there is no family hashes; there are bitmap,")
        );
    }

    #[test]
    fn what_can_happen_is_accepted() {
        let faults = [
            Fault::command("config set").fails("ERR no"),
            Fault::command("LPUSH").key("a").is_not_sent(),
            Fault::command("SUBSCRIBE").loses_its_reply(),
            Fault::command("exec").nth(1).fails("EXECABORT no"),
            Fault::command("set").key("*").runs_out_of_memory(),
            Fault::family("pubsub").chance(1.0).is_not_sent(),
            Fault::command("MEMORY USAGE").key("a").is_not_sent(),
            Fault::command("OBJECT FREQ").args(["a"]).is_not_sent(),
            Fault::command("HSET").args(["a", "f", "v", "g", "w"]).is_not_sent(),
        ];
        assert_eq!(FaultPlan::new(faults).unwrap().faults().len(), 9);
    }

    #[test]
    fn data_is_checked_as_calls_are() {
        let read = |text: &str| serde_json::from_str::<FaultPlan>(text).map_err(|error| error.to_string());
        assert_eq!(
            read(r#"[{"on": {"message": {"channel": "a"}}, "then": {"fail": "ERR"}}]"#),
            Err("fault 1 of the plan can't happen: that happens to commands, not to messages".into())
        );
        assert_eq!(
            read(r#"[{"on": {"command": {}}, "then": "hold"}]"#),
            Err("fault 1 of the plan can't happen: that happens to messages, not to commands".into())
        );
        assert!(read(r#"[{"on": {"command": {"nmae": "GET"}}, "then": "not_sent"}]"#).is_err());
        assert!(read(r#"[{"on": {"command": {"name": "GET"}}, "nth": -1, "then": "not_sent"}]"#).is_err());
    }
}
