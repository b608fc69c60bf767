//! Bits and bit fields of strings. Bit 0 is the most significant bit of the first byte.

use crate::table::{Keys, rows};

rows! {
    /// Commands on the bits of strings.
    BitfieldCommand = Bitfield {
        BitCount "bitcount" -2 [READONLY] Keys::ONE, "2.6.0";
        Bitfield "bitfield" -2 [WRITE DENYOOM] Keys::ONE, "3.2.0";
        BitfieldRo "bitfield_ro" -2 [READONLY FAST] Keys::ONE, "6.0.0";
        BitOp "bitop" -4 [WRITE DENYOOM] Keys::range(1, -1, 1), "2.6.0";
        BitPos "bitpos" -3 [READONLY] Keys::ONE, "2.8.7";
        GetBit "getbit" 3 [READONLY FAST] Keys::ONE, "2.2.0";
        SetBit "setbit" 4 [WRITE DENYOOM] Keys::ONE, "2.2.0";
    }
}
