//! What is said to both servers: here what is older than the files of the families.

pub(crate) mod acl;
pub(crate) mod client;
pub(crate) mod latency;
pub(crate) mod server;
pub(crate) mod slowlog;

/// Each is sent as it stands, a byte for each character, in RESP2 and once more after `HELLO 3`.
pub(crate) const CONVERSATIONS: &[&str] = &[
    "QUIT a b\r\n",
    "quit\r\nPING\r\n",
    "SELECT abc\r\nSELECT 16\r\nSELECT -1\r\nSELECT 99999999999\r\n",
    "SET a 0\r\nSELECT 3\r\nGET a\r\nSET a 3\r\nMULTI\r\nSELECT 15\r\nSET a 15\r\nSELECT 16\r\nGET a\r\nEXEC\r\nGET a\r\nDBSIZE\r\nRESET\r\nGET a\r\nSELECT 03\r\nSELECT 3 3\r\nSELECT\r\nSELECT 2147483648\r\n",
    "WATCH a\r\nSELECT 1\r\nWATCH b\r\nSET a 1\r\nMULTI\r\nSELECT 0\r\nSET c 1\r\nEXEC\r\nGET c\r\nWATCH a b\r\nSELECT 2\r\nSWAPDB 1 2\r\nMULTI\r\nGET a\r\nEXEC\r\nGET a\r\n",
    "SELECT 4\r\nMULTI\r\nSELECT 5\r\nDISCARD\r\nSET a 1\r\nMOVE a 4\r\nMOVE a 5\r\nCOPY a b DB 5\r\nSELECT 5\r\nKEYS *\r\nRANDOMKEY\r\n",
    "HELLO abc\r\nHELLO 4\r\nHELLO 3 FOO\r\nHELLO 2 AUTH a\r\nHELLO 2 SETNAME\r\nHELLO 3 SETNAME \"a b\"\r\nHELLO 3 AUTH default x\r\nHELLO 2 AUTH x y\r\n",
    "HELLO\r\nHELLO 3\r\n",
    "AUTH a\r\nAUTH a b\r\nAUTH default b\r\nAUTH a b c\r\n",
    "PING a b\r\nPING\r\nPING x\r\nECHO\r\n",
    "RESET\r\nRESET a\r\n",
    "CLIENT\r\nCLIENT FOO\r\nCLIENT ID x\r\nCLIENT SETNAME \"a b\"\r\nCLIENT GETNAME\r\nCLIENT SETNAME ok\r\nCLIENT GETNAME\r\nCLIENT SETINFO lib-name x\r\n",
    "CLIENT NO-EVICT on\r\nCLIENT NO-EVICT x\r\nCLIENT REPLY x\r\nCLIENT REPLY on\r\nCLIENT REPLY SKIP\r\nPING\r\nPING\r\n",
    "CLIENT KILL 1.2.3.4:5\r\nCLIENT KILL ID x\r\nCLIENT KILL ID 0\r\nCLIENT KILL ID 999\r\nCLIENT KILL TYPE foo\r\nCLIENT KILL SKIPME maybe\r\nCLIENT KILL FOO bar\r\nCLIENT KILL ID 1 TYPE\r\nCLIENT KILL USER nobody\r\n",
    "MULTI\r\nMULTI\r\nWATCH a\r\nSUBSCRIBE x y\r\nHELLO 3\r\nPING\r\nSELECT 99\r\nEXEC\r\n",
    "MULTI\r\nFOO\r\nGET\r\nEXEC\r\nEXEC\r\nDISCARD\r\nMULTI\r\nDISCARD\r\nEXEC a\r\n",
    "MULTI\r\nMULTI\r\nEXEC\r\n",
    "MULTI\r\nWATCH a\r\nEXEC\r\n",
    "MULTI\r\nMULTI a\r\nEXEC\r\nMULTI\r\nEXEC a\r\nEXEC\r\n",
    "MULTI\r\nQUIT\r\n",
    "MULTI\r\nRESET\r\nEXEC\r\n",
    "MULTI\r\nCLIENT REPLY OFF\r\nPING\r\nEXEC\r\nPING\r\nCLIENT REPLY ON\r\nPING\r\n",
    "MULTI\r\nUNWATCH\r\nEXEC\r\nUNWATCH\r\nWATCH a\r\nSET a 1\r\nMULTI\r\nGET a\r\nEXEC\r\n",
    "HELLO 3\r\nWATCH a\r\nSET a 1\r\nMULTI\r\nGET a\r\nEXEC\r\n",
    "SUBSCRIBE a b a\r\nGET x\r\nPING\r\nPING hello\r\nSUBSCRIBE\r\nFOO\r\nUNSUBSCRIBE a z\r\nPSUBSCRIBE p* q\r\nUNSUBSCRIBE\r\nPING\r\nPUNSUBSCRIBE\r\nPING\r\nGET x\r\n",
    "SUBSCRIBE a\r\nMULTI\r\nHELLO 3\r\nCOMMAND COUNT\r\nCLIENT ID\r\nPUBSUB NUMPAT\r\nRESET\r\nGET x\r\n",
    "SUBSCRIBE a\r\nQUIT\r\n",
    "UNSUBSCRIBE\r\nPUNSUBSCRIBE\r\nUNSUBSCRIBE x y\r\nPING\r\n",
    "HELLO 3\r\nSUBSCRIBE a b\r\nPUBLISH a hello\r\nPING\r\nPING x\r\nGET foo\r\nUNSUBSCRIBE b a\r\nUNSUBSCRIBE\r\nPSUBSCRIBE *\r\nPUBLISH zz 1\r\n",
    "HELLO 3\r\nSUBSCRIBE a\r\nHELLO 2\r\nGET a\r\nPING\r\n",
    "CONFIG SET notify-keyspace-events KEAn\r\nHELLO 3\r\nPSUBSCRIBE __key*\r\nSET k v EX 100\r\nINCR n\r\nSADD s a\r\nSREM s a\r\nRENAME k n\r\nDEL n\r\nMULTI\r\nSET a 1\r\nPUBLISH __keyx 1\r\nINCR a\r\nGET a\r\nDEL a\r\nEXEC\r\nSELECT 2\r\nSET k v\r\nCONFIG SET notify-keyspace-events \"\"\r\nDEL k\r\nPUNSUBSCRIBE\r\n",
    "CLIENT REPLY OFF\r\nSUBSCRIBE a\r\nUNSUBSCRIBE\r\nCLIENT REPLY ON\r\n",
    "TIME a\r\nECHO a b\r\n",
    "CONFIG\r\nCONFIG FOO\r\nCONFIG GET\r\nCONFIG GET hz\r\nCONFIG GET HZ\r\nCONFIG GET nope\r\nCONFIG GET key-load-delay\r\nCONFIG SET hz 20\r\nCONFIG GET h[z]\r\nCONFIG SET hz\r\nCONFIG SET hz 1 timeout\r\nCONFIG RESETSTAT\r\nCONFIG RESETSTAT a\r\nCONFIG REWRITE\r\nCONFIG HELP\r\nCONFIG HELP a\r\nCONFIG SET hz 10\r\n",
    "CONFIG SET hz x\r\nCONFIG SET HZ 1 hz 2\r\nCONFIG SET \"n\\x00o\" 1\r\nCONFIG SET \"a\\r\\nb\" 1\r\nCONFIG SET databases 2\r\nCONFIG SET dir /\r\nCONFIG SET maxmemory 1.5gb\r\nCONFIG SET masterauth \"\\xff\\r\\n\"\r\nCONFIG GET masterauth\r\nMULTI\r\nCONFIG SET timeout 0 slowlog-max-len 5\r\nCONFIG GET slowlog-max-len\r\nCONFIG SET slowlog-max-len 128 masterauth \"\"\r\nEXEC\r\n",
    "SET k v\r\nHSET h f 1\r\nCONFIG SET maxmemory 1\r\nSET k w\r\nSET k\r\nSET k v BOGUS\r\nGET k\r\nHSET h f\r\nHSET h f 2\r\nHINCRBY h f 1\r\nSADD s a\r\nSETBIT k 4294967295 1\r\nSETRANGE k 536870911 x\r\nAPPEND k x\r\nBITFIELD k GET u8 0\r\nBITFIELD_RO k GET u8 0\r\nBITOP NOT d k\r\nCOPY k l\r\nRENAME k l\r\nMSET a 1\r\nMSETNX a 1\r\nEXPIRE l 100\r\nPUBLISH c m\r\nSPUBLISH c m\r\nFOO\r\nDEL l\r\nHDEL h f\r\nSET k v\r\nCONFIG SET maxmemory 0\r\nSET k v\r\nDEL k\r\n",
    "MSET k v\r\nCONFIG SET maxmemory 1\r\nMULTI\r\nSET a 1\r\nGET k\r\nPUBLISH c m\r\nPING\r\nEXEC\r\nMULTI\r\nGET k\r\nEXEC\r\nMULTI\r\nEXEC\r\nMULTI\r\nMULTI\r\nWATCH k\r\nUNWATCH\r\nFOO\r\nGET\r\nDISCARD\r\nDISCARD\r\nEXEC\r\nMULTI\r\nSET k\r\nEXEC\r\nMULTI\r\nCONFIG SET maxmemory 0\r\nEXEC\r\nWATCH k\r\nUNWATCH\r\nMULTI\r\nRESET\r\nGET k\r\nCONFIG SET maxmemory 0\r\nDEL k\r\n",
    "MULTI\r\nCONFIG SET maxmemory 1\r\nSET a 1\r\nGET a\r\nEXEC\r\nGET a\r\nSET a 2\r\nMULTI\r\nSET a 2\r\nEXEC\r\nCONFIG SET maxmemory 0\r\nMULTI\r\nSET a 3\r\nEXEC\r\nDEL a\r\n",
    "SUBSCRIBE c\r\nCONFIG SET maxmemory 1\r\nSET k v\r\nUNSUBSCRIBE\r\nCONFIG SET maxmemory 1\r\nSUBSCRIBE c\r\nSET k v\r\nGET k\r\nPING\r\nSUBSCRIBE d\r\nPUBLISH c 1\r\nUNSUBSCRIBE c d\r\nSET k v\r\nCONFIG SET maxmemory 0\r\n",
    "CONFIG SET maxmemory-policy allkeys-lru notify-keyspace-events KEe\r\nSELECT 2\r\nSET l v\r\nHELLO 3\r\nPSUBSCRIBE __key*\r\nCONFIG SET maxmemory 1\r\nCONFIG SET notify-keyspace-events \"\"\r\nDBSIZE\r\nSET k v\r\nMULTI\r\nSET k v\r\nEXEC\r\nSELECT 0\r\nDBSIZE\r\nCONFIG SET maxmemory 0 maxmemory-policy noeviction\r\nSET k v\r\nDEL k\r\n",
    "SET k v\r\nSET t v EX 100\r\nWATCH k t\r\nCONFIG SET maxmemory-policy volatile-ttl maxmemory 1\r\nGET t\r\nGET k\r\nSET k w\r\nCONFIG SET maxmemory 0 maxmemory-policy noeviction\r\nMULTI\r\nGET k\r\nEXEC\r\nDEL k\r\nOBJECT FREQ k\r\nCONFIG SET maxmemory -1\r\nCONFIG SET maxmemory-policy foo\r\nCONFIG SET maxmemory-samples 0\r\nCONFIG SET maxmemory-samples 64\r\nCONFIG GET maxmemory-samples\r\nCONFIG SET maxmemory-samples 5\r\n",
    "SSUBSCRIBE a b a\r\nSUBSCRIBE a\r\nPSUBSCRIBE *\r\nSPUBLISH a hi\r\nPUBLISH a hi\r\nGET x\r\nPING\r\nPUBSUB SHARDNUMSUB a\r\nSUNSUBSCRIBE a z\r\nSUNSUBSCRIBE\r\nSUNSUBSCRIBE\r\nPING\r\nUNSUBSCRIBE\r\nPUNSUBSCRIBE\r\nPING\r\n",
    "SUNSUBSCRIBE\r\nSUNSUBSCRIBE x y\r\nPING\r\nSSUBSCRIBE\r\nSPUBLISH a\r\nSPUBLISH a b c\r\nSPUBLISH a b\r\n",
    "SSUBSCRIBE a\r\nSPUBLISH a hi\r\nGET k\r\nPING\r\nPING x\r\nUNSUBSCRIBE\r\nPUNSUBSCRIBE\r\nGET x\r\nSUNSUBSCRIBE\r\nGET x\r\n",
    "SSUBSCRIBE a\r\nRESET\r\nGET x\r\nPUBSUB SHARDCHANNELS\r\n",
    "SSUBSCRIBE a\r\nMULTI\r\nHELLO 3\r\nQUIT\r\n",
    "MULTI\r\nSSUBSCRIBE a\r\nSPUBLISH a x\r\nSUNSUBSCRIBE a\r\nPUBSUB SHARDNUMSUB a\r\nEXEC\r\nGET a\r\n",
    "SSUBSCRIBE a\r\nMULTI\r\nSPUBLISH a 1\r\nSET k v\r\nSPUBLISH a 2\r\nSSUBSCRIBE b\r\nEXEC\r\nPING\r\n",
    "MULTI\r\nPUBLISH x 0\r\nSUBSCRIBE x y\r\nPUBLISH x 1\r\nPUBSUB NUMSUB x\r\nUNSUBSCRIBE x\r\nPUBLISH x 2\r\nUNSUBSCRIBE\r\nEXEC\r\nPUBLISH x 3\r\nGET k\r\nMULTI\r\nPSUBSCRIBE x*\r\nPUBLISH x 4\r\nPUNSUBSCRIBE\r\nSUBSCRIBE z\r\nEXEC\r\nPUBLISH z 5\r\nPING\r\n",
    "WATCH k\r\nSET k 1\r\nMULTI\r\nSUBSCRIBE x\r\nPUBLISH x 1\r\nEXEC\r\nPUBLISH x 2\r\nCLIENT INFO\r\n",
    "SUBSCRIBE a\r\nPSUBSCRIBE a*\r\nMULTI\r\nSET k v\r\nPUBLISH a 1\r\nPUBLISH x 1\r\nGET k\r\nPUBLISH a 2\r\nPING\r\nPUBLISH b 1\r\nSELECT 1\r\nPUBLISH a 3\r\nPUBSUB NUMSUB a\r\nEXEC\r\nPING\r\n",
    "PSUBSCRIBE *\r\nPUBLISH a 0\r\nWATCH k\r\nMULTI\r\nPUBLISH a 1\r\nSET k 1\r\nEXEC\r\nPUBLISH a 2\r\nWATCH k\r\nSET k 2\r\nMULTI\r\nPUBLISH a 3\r\nEXEC\r\nMULTI\r\nPUBLISH a 4\r\nDISCARD\r\nPUBLISH a 5\r\n",
    "SUBSCRIBE a\r\nCLIENT REPLY SKIP\r\nPUBLISH a 1\r\nPING\r\nCLIENT REPLY OFF\r\nPUBLISH a 2\r\nPING\r\nMULTI\r\nPUBLISH a 3\r\nEXEC\r\nCLIENT REPLY ON\r\n",
    "SUBSCRIBE a\r\nCLIENT REPLY OFF\r\nPUBLISH a 2\r\nSSUBSCRIBE x\r\nSPUBLISH x 1\r\nPSUBSCRIBE p\r\nSUNSUBSCRIBE\r\nSUNSUBSCRIBE\r\nUNSUBSCRIBE b\r\nCLIENT REPLY ON\r\n",
    "SUBSCRIBE a\r\nPUBLISH a 1\r\nUNSUBSCRIBE a\r\nPUBLISH a 2\r\nSUBSCRIBE a\r\nPUBLISH a 3\r\nGET k\r\nPUBLISH a\r\nRESET\r\n",
    "PUBSUB SHARDCHANNELS a b\r\nPubSub ChanneLS a b\r\nPUBSUB NuMPat x\r\npubsub FoO a\r\nPuBsUb HELP x\r\nCLIENT FoO\r\nclient kIll a b c d e\r\nFoO bar\r\nFUNCTION FlUsH a b\r\nFUNCTION FLUSH a b\r\nMULTI\r\nPUBSUB ShardChannels a b\r\nEXEC\r\n",
    "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$0\r\n\r\n*0\r\n*-1\r\n*-5\r\n\r\n   \r\nPING\r\n",
    "*abc\r\n",
    "*2147483648\r\n",
    "*2147483647\r\n",
    "*\r\n",
    "*1\r\n+4\r\n",
    "*1\r\n$-1\r\n",
    "*1\r\n$abc\r\n",
    "*1\r\n$536870913\r\n",
    "*1\r\n$536870912\r\n",
    "*+1\r\n",
    "*1\0\r\nPING\r\n",
    "PI\0NG\r\nPING\r\n",
    "*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPING\r\n",
    "*1\n$4\r\n",
    "*1\rX$4\r\nPING\r\n",
    "*1\r\n\u{ff}4\r\n",
    "*1\r\n\r\n",
    "PING \"abc\r\n",
    "PING \"abc\"d\r\n",
    "PING 'a\\'b' \r\nPING \"\\x41\\n\\q\"\r\n\"PING\"\r\nPING\u{b}abc\r\nPING a\"b c\"\r\n",
    "CLIENT KILL TYPE normal SKIPME no\r\nPING\r\n",
    "HELLO 3 SETNAME x\r\nCLIENT SETNAME \"\"\r\nCLIENT GETNAME\r\nCLIENT REPLY on x\r\n",
    "HELLO 2 SETNAME a AUTH default x\r\nCLIENT GETNAME\r\n",
    "HELLO 03\r\nHELLO -1\r\nHELLO 1\r\nHELLO 99999999999999999999\r\nHELLO 3 AUTH default nope SETNAME \"b c\"\r\n",
    "COMMAND LIST FILTERBY foo x\r\nCOMMAND LIST FOO\r\nCOMMAND GETKEYS get a\r\nCOMMAND GETKEYS mset a 1 b 2\r\nCOMMAND GETKEYS ping x\r\nCOMMAND GETKEYS get a b c\r\nCOMMAND COUNT a\r\nCOMMAND FOO\r\nCOMMAND INFO foo\r\n",
    "SET k v\r\nHGET k f\r\nSADD k m\r\nGET k\r\nSETBIT k 7 1\r\nINCR k\r\nTYPE k\r\nSET k\r\n",
    "HSET h a 1 b 2\r\nHGETALL h\r\nHGETALL missing\r\nHRANDFIELD missing\r\nHRANDFIELD missing 2\r\nHINCRBYFLOAT h a 0.5\r\nHMGET h a x b\r\n",
    "HSET h a 1\r\nHRANDFIELD h 2 WITHVALUES\r\nHRANDFIELD h -2 WITHVALUES\r\nMULTI\r\nHRANDFIELD h 1 WITHVALUES\r\nHGETALL h\r\nEXEC\r\n",
    "SADD s 3 1 2\r\nSRANDMEMBER s 3\r\nSRANDMEMBER s 9\r\nSPOP s 3\r\nSADD s 30 4 5\r\nSPOP s 9\r\n",
    "SADD s 1\r\nSMEMBERS s\r\nSPOP s 5\r\nSPOP s\r\nSPOP s 1\r\nSRANDMEMBER s\r\nSRANDMEMBER s 2\r\nSISMEMBER s 1\r\nSINTER s s\r\n",
    "MULTI\r\nSET a 1\r\nHGET a f\r\nINCR a\r\nEXEC\r\nGET a\r\n",
    "MULTI\r\nPING\r\nSUBSCRIBE c\r\nPING\r\nPING x y\r\nUNSUBSCRIBE c\r\nEXEC\r\nPING\r\n",
    "WATCH a b\r\nUNWATCH\r\nSET a 1\r\nMULTI\r\nGET a\r\nEXEC\r\nWATCH a\r\nDISCARD\r\nMULTI\r\nDISCARD\r\nWATCH\r\n",
    "WATCH a\r\nMULTI\r\nFOO\r\nEXEC\r\nSET a 2\r\nMULTI\r\nGET a\r\nEXEC\r\n",
    "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*1\r\n$4\r\nPI",
    "PING\r\nPIN",
    "*1\r\n$4\r\nPING\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000\r\nabc",
    "PUBLISH a b\r\nPUBSUB CHANNELS\r\nPUBSUB NUMSUB a\r\nPUBSUB FOO\r\nPUBSUB\r\n",
    "MULTI\r\nDEBUG SLEEP 0\r\nEXEC\r\nDEBUG FOO\r\nDEBUG\r\nDEBUG SLEEP 0.01\r\nPING\r\n",
    "CONFIG SET proto-max-bulk-len 1mb\r\nSETRANGE a 1048575 x\r\nSETRANGE a 1048576 x\r\nAPPEND a x\r\nSETBIT b 8388607 1\r\nSETBIT b 8388608 1\r\nGETBIT b 8388608\r\nBITFIELD b SET u8 8388600 1\r\nBITFIELD b SET u8 8388607 1 GET u8 8388608\r\nBITFIELD b GET u8 #1048575\r\n*2\r\n$4\r\nECHO\r\n$1048577\r\n",
    "CONFIG SET proto-max-bulk-len 512mb\r\n",
    "ROLE\r\nROLE a\r\nLASTSAVE a\r\nMODULE\r\nMODULE LIST\r\nMODULE LIST x\r\nMODULE FOO\r\nMODULE HELP\r\n",
    "FUNCTION\r\nFUNCTION FOO\r\nFUNCTION LIST\r\nFUNCTION STATS\r\nFUNCTION STATS a\r\nFUNCTION FLUSH foo\r\nFUNCTION FLUSH ASYNC\r\nFUNCTION DELETE a\r\nFUNCTION DUMP\r\nFUNCTION KILL\r\nFUNCTION HELP\r\nFCALL a 0\r\nFCALL a\r\n",
    "SCRIPT\r\nSCRIPT FOO\r\nSCRIPT EXISTS\r\nSCRIPT EXISTS a b\r\nSCRIPT FLUSH\r\nSCRIPT FLUSH foo\r\nSCRIPT KILL\r\nSCRIPT HELP\r\nEVALSHA a 0\r\nEVALSHA a\r\nLOLWUT\r\nLOLWUT VERSION 7\r\nWAIT 0 0\r\nWAIT 1\r\n",
    "CLIENT REPLY SKIP\r\nSET a 1\r\nGET a\r\nCLIENT REPLY OFF\r\nCLIENT REPLY SKIP\r\nGET a\r\nCLIENT REPLY ON\r\nGET a\r\n",
];

/// Sent to servers whose password is `secret`.
pub(crate) const WITH_A_PASSWORD: &[&str] = &[
    "GET a\r\nPING\r\nFOO\r\nGET\r\nHELLO 3\r\nHELLO\r\nHELLO 9\r\nAUTH bad\r\nAUTH default bad\r\nAUTH x secret\r\nCOMMAND COUNT\r\nMULTI\r\nEXEC\r\nAUTH secret\r\nPING\r\nRESET\r\nPING\r\n",
    "HELLO 3 AUTH default bad\r\nHELLO 3 AUTH default secret SETNAME bob\r\nCLIENT GETNAME\r\nAUTH bad\r\nPING\r\n",
    "DEBUG SLEEP 0\r\nDEBUG\r\nPING\r\n",
    "*11\r\n",
    "*10\r\n",
    "*1\r\n$16385\r\n",
    "QUIT a\r\n",
    "RESET\r\n",
    "CLIENT FOO\r\nCLIENT ID\r\nSUBSCRIBE a\r\nSELECT 1\r\nAUTH\r\nAUTH a b c\r\nHELLO 3 AUTH default secret FOO\r\nPING\r\n",
    "HELLO 3 AUTH default secret SETNAME \"a b\"\r\nPING\r\n",
    "HELLO 3 SETNAME x AUTH default no\r\nHELLO AUTH\r\nHELLO 3 AUTH default secret FOO\r\nPING\r\n",
    "EXEC a\r\nEXEC\r\nDISCARD\r\n",
];

/// Commands whose replies are random, depend on time or have no order; and those that tell of the server.
pub(crate) const LEFT_TO_CHANCE: &[&str] = &[
    "command",
    "command|count",
    "command|docs",
    "command|info",
    "command|list",
    "config|get",
    "hrandfield",
    "info",
    "keys",
    "lastsave",
    "lolwut",
    "memory|malloc-stats",
    "memory|stats",
    "memory|usage",
    "object|idletime",
    "pubsub",
    "randomkey",
    "scan",
    "spop",
    "srandmember",
    "time",
    "wait",
];

/// Words for commands, drawn from a few; the same seed draws the same.
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Up to six words, more often few.
    pub(crate) fn words(&mut self) -> Vec<&'static str> {
        const WORDS: [&str; 26] = [
            "k",
            "h",
            "s",
            "k",
            "h",
            "s",
            "missing",
            "1",
            "2",
            "-1",
            "0",
            "abc",
            "",
            "9223372036854775807",
            "f",
            "*",
            "u8",
            "GET",
            "COUNT",
            "NX",
            "XX",
            "EX",
            "AND",
            "WITHVALUES",
            "3.5",
            "LIMIT",
        ];
        let most = 1 + self.below(6);
        let count = self.below(most + 1);
        (0..count).map(|_| WORDS[self.below(WORDS.len())]).collect()
    }

    fn below(&mut self, bound: usize) -> usize {
        // Knuth's MMIX generator; its high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}
