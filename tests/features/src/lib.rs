//! Nothing but tests: what embroker answers where a feature is off.
