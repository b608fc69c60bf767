//! MONITOR, and what SHUTDOWN refuses: what is said to both servers.

pub(crate) const CONVERSATIONS: &[&str] = &[
    "CONFIG RESETSTAT\r\nDEBUG ERROR \"FOO bar\"\r\nDEBUG error \"a\\r\\nb\"\r\nMULTI\r\nDEBUG ERROR \"FOO bar\"\r\nEXEC\r\nINFO errorstats\r\nDEBUG ERROR\r\nDEBUG ERROR a b\r\nINFO errorstats\r\n",
    "SHUTDOWN FOO\r\nSHUTDOWN SAVE NOSAVE\r\nSHUTDOWN nosave Save\r\nSHUTDOWN ABORT\r\nSHUTDOWN abort abort\r\nSHUTDOWN ABORT NOW\r\nSHUTDOWN NOW NOW FOO\r\nSHUTDOWN \"\"\r\nMULTI\r\nSHUTDOWN NOSAVE\r\nSHUTDOWN FOO\r\nEXEC\r\n",
    "MONITOR x\r\nMULTI\r\nMONITOR\r\nEXEC\r\nSUBSCRIBE a\r\nMONITOR\r\n",
    "MONITOR\r\nMONITOR\r\nPING\r\nGET a\r\nSET a 1\r\nPUBLISH a b\r\nDEL a\r\nFLUSHALL\r\nDBSIZE\r\nECHO hello\r\nFOO\r\nTIME x\r\nRESET\r\nGET a\r\n",
    "MONITOR\r\nMULTI\r\nPING\r\nECHO x\r\nEXEC\r\nEXEC\r\nMULTI\r\nSET a 1\r\nEXEC\r\nEXEC a\r\nMULTI\r\nFOO\r\nDISCARD\r\nSELECT 3\r\nSELECT 99\r\nPING\r\nQUIT\r\nPING\r\n",
    "MONITOR\r\nAUTH a b\r\nauth c\r\nHELLO 3 AUTH a b SETNAME x\r\nHELLO 3\r\nHELLO 2 SETNAME bob AUTH default x\r\nCLIENT LIST\r\nCLIENT SETNAME x\r\nACL WHOAMI\r\nACL LIST\r\nSLOWLOG LEN\r\nCLIENT PAUSE 0\r\nCLIENT UNPAUSE\r\nSHUTDOWN FOO\r\n",
    "MONITOR\r\nECHO \"a \\\"b\\\\'\\n\\r\\t\\a\\b\\x00\\x7f\\xff~\"\r\necho \"\"\r\nEcho 'a b'\r\nSUBSCRIBE x\r\nGET a\r\nEXEC\r\nUNSUBSCRIBE\r\nPING\r\n",
    "MONITOR\r\nCLIENT REPLY OFF\r\nPING\r\nCLIENT REPLY ON\r\nPING\r\nCLIENT REPLY SKIP\r\nPING\r\nPING\r\nCLIENT INFO\r\n",
    "MONITOR\r\nCLIENT PAUSE 100000 ALL\r\nPING\r\nCLIENT UNPAUSE\r\n",
];
