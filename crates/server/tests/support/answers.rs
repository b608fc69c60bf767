//! Answers without what differs between two servers that do the same: ids, addresses, times and sizes of buffers.

/// The fields of CLIENT LIST that are put aside.
const FIELDS: [&str; 16] = [
    "id",
    "addr",
    "laddr",
    "fd",
    "age",
    "idle",
    "qbuf",
    "qbuf-free",
    "argv-mem",
    "multi-mem",
    "rbs",
    "rbp",
    "obl",
    "oll",
    "omem",
    "tot-mem",
];

/// The answer with what differs put aside, line by line. A byte is a character of its number.
pub(crate) fn comparable(answer: &[u8]) -> Vec<u8> {
    let text: String = answer.iter().map(|byte| *byte as char).collect();
    let mut lines: Vec<String> = Vec::new();
    let mut in_histogram = false;
    for line in text.split_inclusive('\n') {
        let before =
            |back: usize| lines.len().checked_sub(back).and_then(|at| lines.get(at)).map_or("", |line| line.trim());
        // How long things took.
        in_histogram = before(1) == "histogram_usec" || (in_histogram && line.starts_with(':'));
        if in_histogram {
            lines.truncate(lines.iter().rposition(|line| line.trim() == "histogram_usec").map_or(0, |at| at + 1));
            continue;
        }
        let number = line.strip_prefix(':').and_then(|rest| rest.trim().parse::<u64>().ok());
        let line = if line.contains(" addr=") && line.contains(" resp=") {
            without_fields(line)
        } else if line.starts_with('+') && line.as_bytes().get(1).is_some_and(u8::is_ascii_digit) && line.contains('[')
        {
            without_time(line)
        } else if before(1) == "id" && number.is_some() {
            ":ID\r\n".to_owned()
        } else if number.is_some_and(|number| number > 1_600_000_000) {
            ":TIME\r\n".to_owned()
        } else if before(1) == ":TIME" && number.is_some() {
            ":MICROSECONDS\r\n".to_owned()
        } else if before(1) == "*6" && number.is_some() {
            ":ENTRY\r\n".to_owned()
        } else if line.starts_with('/') && line.ends_with(":0\r\n") {
            "ADDRESS\r\n".to_owned()
        } else if (before(2) == "age-seconds" && before(1).starts_with('$'))
            || (before(1) == "age-seconds" && line.starts_with(','))
        {
            "AGE\r\n".to_owned()
        } else {
            line.to_owned()
        };
        let has_other_length = line.contains("laddr=X") || ["ADDRESS\r\n", "AGE\r\n"].contains(&line.as_str());
        if let Some(length) = lines.last_mut().filter(|length| has_other_length && length.starts_with(['$', '='])) {
            length.replace_range(1.., "N\r\n");
        }
        lines.push(line);
    }
    lines.concat().chars().map(|char| char as u8).collect()
}

/// One client's line of CLIENT LIST.
fn without_fields(line: &str) -> String {
    let fields = line.split(' ').map(|field| match field.split_once('=') {
        Some((name, _)) if FIELDS.contains(&name.trim_start_matches("txt:")) => format!("{name}=X"),
        _ => field.to_owned(),
    });
    fields.collect::<Vec<_>>().join(" ")
}

/// One line of MONITOR, without its time and without the path of the socket.
fn without_time(line: &str) -> String {
    let (_, rest) = line.split_once(" [").unwrap_or(("", line));
    let (place, words) = rest.split_once(']').unwrap_or((rest, ""));
    let database = place.split(' ').next().unwrap_or_default();
    format!("+TIME [{database} unix]{words}")
}
