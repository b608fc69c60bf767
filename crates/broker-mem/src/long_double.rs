//! Soon: the 80-bit arithmetic of INCRBYFLOAT and HINCRBYFLOAT.
