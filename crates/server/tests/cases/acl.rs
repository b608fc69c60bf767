//! ACL: what is said to both servers.

pub(crate) const CONVERSATIONS: &[&str] = &[
    "ACL\r\nACL FOO\r\nACL WHOAMI\r\nACL WHOAMI x\r\nACL USERS\r\nACL USERS x\r\nACL LIST\r\nACL LIST x\r\nACL HELP\r\nACL HELP x\r\n",
    "ACL GETUSER\r\nACL GETUSER default\r\nACL GETUSER Default\r\nACL GETUSER nobody\r\nACL GETUSER \"\"\r\nACL GETUSER a b\r\n",
    "ACL CAT\r\nACL CAT foo\r\nACL CAT \"a\\x00b\"\r\nAcl Cat x y\r\nACL CAT @hash\r\nACL CAT \"\"\r\n",
    "ACL CAT ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc\r\nACL CAT cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc\r\nACL CAT ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc\r\n",
    "ACL GENPASS 0\r\nACL GENPASS -1\r\nACL GENPASS 4097\r\nACL GENPASS abc\r\nACL GENPASS 1.5\r\nacl genPASS 5 5\r\nACL GENPASS 9223372036854775807\r\nACL GENPASS 9223372036854775808\r\n",
    "ACL LOG RESET\r\nACL LOG\r\nACL LOG 0\r\nACL LOG -1\r\nACL LOG abc\r\nACL LOG 1 2\r\nACL LOG reset x\r\n",
    "ACL LOG RESET\r\nAUTH bad\r\nAUTH default any\r\nAUTH nobody bad\r\nauth nobody bad\r\nAUTH nobody bad\r\nHELLO 3 AUTH x y\r\nMULTI\r\nAUTH nobody bad\r\nEXEC\r\nACL LOG\r\nACL LOG 2\r\nACL LOG 99999999999\r\nACL LOG RESET\r\nACL LOG\r\n",
    "ACL DRYRUN\r\nACL DRYRUN default\r\nACL DRYRUN default get\r\nACL DRYRUN default get a\r\nACL DRYRUN default get a b\r\nACL DRYRUN default foo\r\nACL DRYRUN nobody get a\r\nACL DRYRUN nobody foo\r\nACL DRYRUN default client list\r\nACL DRYRUN default client\r\nACL DRYRUN default client foo\r\nACL DRYRUN default acl|whoami\r\nACL DRYRUN default \"\"\r\n",
    "ACL SETUSER\r\nACL SETUSER default\r\nACL SETUSER default on\r\nACL SETUSER default ON ALLKEYS\r\nACL SETUSER default foo\r\nACL SETUSER default on foo\r\nACL SETUSER default +@all ~* &*\r\nACL SETUSER default allkeys allchannels allcommands nopass on clearselectors\r\nACL SETUSER \"a b\"\r\nACL SETUSER \"a\\x00b\" on\r\nACL SETUSER default \"\"\r\nACL LIST\r\n",
    "ACL DELUSER\r\nACL DELUSER default\r\nACL DELUSER nobody\r\nACL DELUSER nobody somebody\r\nACL DELUSER nobody default\r\nACL LOAD\r\nACL LOAD x\r\nACL SAVE\r\nACL SAVE x\r\n",
];

/// Sent to servers whose password is `secret`.
pub(crate) const WITH_A_PASSWORD: &[&str] = &[
    "ACL WHOAMI\r\nACL LOG\r\nAUTH secret\r\nACL LIST\r\nACL GETUSER default\r\nHELLO 3\r\nACL GETUSER default\r\nACL SETUSER default >secret\r\nACL SETUSER default #2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\r\nACL LIST\r\n",
    "AUTH secret\r\nACL LOG RESET\r\nAUTH bad\r\nAUTH default bad\r\nHELLO 2 AUTH default bad\r\nHELLO 3 AUTH who secret\r\nACL LOG\r\nACL LOG RESET\r\n",
];
