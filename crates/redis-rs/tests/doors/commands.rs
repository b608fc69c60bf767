//! redis-rs's typed commands, and what it makes of their replies.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Result;
use redis::{AsyncCommands as _, ExistenceCheck, FromRedisValue, SetExpiry, SetOptions, Value, ValueType, cmd};

use crate::door::{Host, cases};

cases![
    strings_and_numbers_come_back,
    hashes_become_maps_and_structs,
    sets_become_sets,
    bits_and_bit_fields,
    keys_have_types_and_deadlines,
    scans_are_streams,
    raw_commands_answer_raw_values,
    a_value_of_a_mebibyte_comes_back_whole,
    a_connection_is_at_the_database_of_its_settings,
];

async fn strings_and_numbers_come_back(host: Host) -> Result<()> {
    let mut con = host.con().await?;
    let () = con.set("greeting", "hello").await?;
    assert_eq!(con.get::<_, String>("greeting").await?, "hello");
    assert_eq!(con.get::<_, Vec<u8>>("greeting").await?, b"hello");
    assert_eq!(con.get::<_, Option<String>>("missing").await?, None);
    assert_eq!(con.append::<_, _, u64>("greeting", " world").await?, 11);
    assert_eq!(con.getrange::<_, String>("greeting", -5, -1).await?, "world");
    assert_eq!(con.incr::<_, _, i64>("n", 41).await?, 41);
    assert_eq!(con.incr::<_, _, String>("n", 0.5).await?, "41.5");
    let options = SetOptions::default().conditional_set(ExistenceCheck::NX).with_expiration(SetExpiry::EX(100));
    assert_eq!(con.set_options::<_, _, Option<String>>("lock", "me", options.clone()).await?.as_deref(), Some("OK"));
    assert_eq!(con.set_options::<_, _, Option<String>>("lock", "you", options).await?, None);
    assert_eq!(con.mget::<_, Vec<Option<String>>>(&["lock", "missing"]).await?, [Some("me".into()), None]);
    assert!(con.mset_nx::<_, _, bool>(&[("a", 1), ("b", 2)]).await?);
    assert!(!con.mset_nx::<_, _, bool>(&[("b", 1), ("c", 2)]).await?);
    assert_eq!(con.get_del::<_, Option<u8>>("a").await?, Some(1));
    let () = con.set("bytes", &b"\0\xff\r\n"[..]).await?;
    assert_eq!(con.get::<_, Vec<u8>>("bytes").await?, b"\0\xff\r\n");
    Ok(())
}

#[derive(Debug, PartialEq)]
struct Order {
    who: String,
    cost: f64,
    note: Option<String>,
}

impl FromRedisValue for Order {
    fn from_redis_value(value: Value) -> Result<Self, redis::ParsingError> {
        let (who, cost, note) = redis::from_redis_value(value)?;
        Ok(Self { who, cost, note })
    }
}

async fn hashes_become_maps_and_structs(host: Host) -> Result<()> {
    let mut con = host.con().await?;
    let () = con.hset_multiple("order", &[("who", "jamie"), ("cost", "40.5")]).await?;
    let map: HashMap<String, String> = con.hgetall("order").await?;
    assert_eq!(map, HashMap::from([("who".into(), "jamie".into()), ("cost".into(), "40.5".into())]));
    let order: Order = con.hmget("order", &["who", "cost", "note"]).await?;
    assert_eq!(order, Order { who: "jamie".into(), cost: 40.5, note: None });
    assert_eq!(con.hincr::<_, _, _, String>("order", "cost", 0.5).await?, "41");
    assert!(!con.hset_nx::<_, _, _, bool>("order", "who", "robin").await?);
    assert!(con.hexists::<_, _, bool>("order", "who").await?);
    assert_eq!(con.hlen::<_, u32>("order").await?, 2);
    assert_eq!(con.hget::<_, _, Option<String>>("order", "note").await?, None);
    assert_eq!(con.hdel::<_, _, u32>("order", &["who", "note"]).await?, 1);
    assert_eq!(con.hvals::<_, Vec<String>>("order").await?, ["41"]);
    assert!(con.hgetall::<_, BTreeMap<String, String>>("missing").await?.is_empty());
    let pairs: Vec<(String, u32)> =
        cmd("HRANDFIELD").arg("order").arg(1).arg("WITHVALUES").query_async(&mut con).await?;
    assert_eq!(pairs, [("cost".into(), 41)]);
    Ok(())
}

async fn sets_become_sets(host: Host) -> Result<()> {
    let mut con = host.con().await?;
    assert_eq!(con.sadd::<_, _, u32>("a", &["1", "2", "3"]).await?, 3);
    assert_eq!(con.sadd::<_, _, u32>("b", &["2", "3", "4"]).await?, 3);
    assert_eq!(con.smembers::<_, BTreeSet<u8>>("a").await?, BTreeSet::from([1, 2, 3]));
    assert_eq!(con.sinter::<_, BTreeSet<u8>>(&["a", "b"]).await?, BTreeSet::from([2, 3]));
    assert_eq!(con.sunionstore::<_, _, u32>("c", &["a", "b"]).await?, 4);
    assert!(con.sismember::<_, _, bool>("a", 1).await?);
    assert_eq!(con.smismember::<_, _, Vec<bool>>("a", &[1, 9]).await?, [true, false]);
    assert!(con.smove::<_, _, _, bool>("a", "b", 1).await?);
    assert_eq!(con.srem::<_, _, u32>("a", &[2, 3, 4]).await?, 2);
    assert_eq!(con.spop::<_, Option<String>>("a").await?, None);
    assert_eq!(con.scard::<_, u32>("b").await?, 4);
    Ok(())
}

async fn bits_and_bit_fields(host: Host) -> Result<()> {
    let mut con = host.con().await?;
    assert!(!con.setbit::<_, bool>("bits", 7, true).await?);
    assert!(con.getbit::<_, bool>("bits", 7).await?);
    assert_eq!(con.bitcount::<_, u32>("bits").await?, 1);
    assert_eq!(con.bit_not::<_, _, u32>("not", "bits").await?, 1);
    assert_eq!(con.get::<_, Vec<u8>>("not").await?, b"\xfe");
    let mut field = cmd("BITFIELD");
    field.arg("field").arg("OVERFLOW").arg("FAIL").arg("INCRBY").arg("u2").arg(0).arg(3);
    let counts: Vec<Option<i64>> = field.arg("INCRBY").arg("u2").arg(0).arg(1).query_async(&mut con).await?;
    assert_eq!(counts, [Some(3), None]);
    Ok(())
}

async fn keys_have_types_and_deadlines(host: Host) -> Result<()> {
    let mut con = host.con().await?;
    let () = con.set("k", 1).await?;
    assert_eq!(con.key_type::<_, ValueType>("k").await?, ValueType::String);
    assert_eq!(con.ttl::<_, i64>("k").await?, -1);
    assert!(con.expire::<_, bool>("k", 100).await?);
    assert!((1..=100).contains(&con.ttl::<_, i64>("k").await?));
    assert!(con.persist::<_, bool>("k").await?);
    assert!(con.rename_nx::<_, _, bool>("k", "l").await?);
    assert!(!con.exists::<_, bool>("k").await?);
    assert_eq!(con.keys::<_, Vec<String>>("*").await?, ["l"]);
    assert_eq!(con.del::<_, u32>(&["k", "l"]).await?, 1);
    assert_eq!(con.ping::<String>().await?, "PONG");
    Ok(())
}

async fn scans_are_streams(host: Host) -> Result<()> {
    let mut con = host.con().await?;
    let names: BTreeSet<String> = (0..500).map(|i| format!("key:{i}")).collect();
    let mut fill = redis::pipe();
    for name in &names {
        fill.set(name, 0).ignore().sadd("members", name).ignore().hset("fields", name, 1).ignore();
    }
    fill.exec_async(&mut con).await?;

    let mut found = BTreeSet::new();
    let mut keys = con.scan_match::<_, String>("key:*").await?;
    while let Some(key) = keys.next_item().await {
        found.insert(key?);
    }
    drop(keys);
    assert_eq!(found, names);

    found.clear();
    let mut members = con.sscan::<_, String>("members").await?;
    while let Some(member) = members.next_item().await {
        found.insert(member?);
    }
    drop(members);
    assert_eq!(found, names);

    found.clear();
    let mut fields = con.hscan_match::<_, _, (String, u8)>("fields", "key:1*").await?;
    while let Some(field) = fields.next_item().await {
        found.insert(field?.0);
    }
    assert_eq!(found.len(), 111, "1, 10 to 19 and 100 to 199");
    Ok(())
}

async fn raw_commands_answer_raw_values(host: Host) -> Result<()> {
    let mut con = host.con().await?;
    let mut raw = async |words: &str| {
        let mut words = words.split(' ');
        let mut command = cmd(words.next().unwrap_or_default());
        words.for_each(|word| _ = command.arg(word));
        command.query_async::<Value>(&mut con).await
    };
    let bulk = |text: &str| Value::BulkString(text.into());
    assert_eq!(raw("SET k v").await?, Value::Okay);
    assert_eq!(raw("PING").await?, Value::SimpleString("PONG".into()));
    assert_eq!(raw("get k").await?, bulk("v"));
    assert_eq!(raw("GET missing").await?, Value::Nil);
    assert_eq!(raw("STRLEN k").await?, Value::Int(1));
    assert_eq!(raw("HSET h f 1").await?, Value::Int(1));
    assert_eq!(raw("SADD s m").await?, Value::Int(1));
    assert_eq!(raw("MGET k missing").await?, Value::Array(vec![bulk("v"), Value::Nil]));
    let pair = (bulk("f"), bulk("1"));
    if host.is_resp3() {
        assert_eq!(raw("HGETALL h").await?, Value::Map(vec![pair]));
        assert_eq!(raw("SMEMBERS s").await?, Value::Set(vec![bulk("m")]));
    } else {
        assert_eq!(raw("HGETALL h").await?, Value::Array(vec![pair.0, pair.1]));
        assert_eq!(raw("SMEMBERS s").await?, Value::Array(vec![bulk("m")]));
    }
    Ok(())
}

async fn a_value_of_a_mebibyte_comes_back_whole(host: Host) -> Result<()> {
    let mut con = host.con().await?;
    let value: Vec<u8> = (0..1024 * 1024).map(|i: u32| (i % 251) as u8).collect();
    let () = con.set("big", &value).await?;
    assert!(con.get::<_, Vec<u8>>("big").await? == value);
    let many: Vec<Vec<u8>> = con.mget(&["big", "big", "big"]).await?;
    assert!(many.iter().all(|copy| *copy == value));
    Ok(())
}

async fn a_connection_is_at_the_database_of_its_settings(host: Host) -> Result<()> {
    let (mut zero, mut three) = (host.con().await?, host.con_to(3).await?);
    let () = three.set("k", "three").await?;
    assert_eq!(zero.get::<_, Option<String>>("k").await?, None);
    cmd("SELECT").arg(3).exec_async(&mut zero).await?;
    assert_eq!(zero.get::<_, Option<String>>("k").await?.as_deref(), Some("three"));
    // As redis-rs has it, this is where the connection began.
    assert_eq!((redis::aio::ConnectionLike::get_db(&zero), redis::aio::ConnectionLike::get_db(&three)), (0, 3));
    let refused = match host.con_to(16).await {
        Ok(mut con) => con.get::<_, Option<String>>("k").await.err(),
        Err(error) => error.downcast().ok(),
    };
    let refused = refused.map(|error| error.to_string());
    let told = "Redis server refused to switch database - Server(ResponseError): DB index is out of range";
    assert_eq!(refused.as_deref(), Some(told));
    Ok(())
}
