package vietqr

// crcTables are the tables of CRC-16/CCITT-FALSE: polynomial 0x1021, initial value 0xFFFF, not
// reflected, no final xor (EMVCo MPM v1.0, section 4.7.3). Table k is a byte's remainder when k
// bytes follow it, so that four bytes are taken in one step.
var crcTables = func() (tables [4][256]uint16) {
	for i := range 256 {
		sum := uint16(i) << 8
		for range 8 {
			carry := sum&0x8000 != 0
			sum <<= 1
			if carry {
				sum ^= 0x1021
			}
		}
		tables[0][i] = sum
	}
	for k := 1; k < len(tables); k++ {
		for i, sum := range tables[k-1] {
			tables[k][i] = sum<<8 ^ tables[0][sum>>8]
		}
	}
	return tables
}()

// checksum returns the CRC over the UTF-8 bytes of a text; that of "123456789" is 29B1.
func checksum(text []byte) uint16 {
	sum := uint16(0xFFFF)
	for len(text) >= 4 {
		sum = crcTables[3][byte(sum>>8)^text[0]] ^ crcTables[2][byte(
			sum)^text[1]] ^ crcTables[1][text[2]] ^ crcTables[0][text[3]]
		text = text[4:]
	}
	for _, c := range text {
		sum = sum<<8 ^ crcTables[0][byte(sum>>8)^c]
	}
	return sum
}

const upperHex = "0123456789ABCDEF"

// hexDigits returns a checksum as four upper-case hexadecimal digits.
func hexDigits(sum uint16) [4]byte {
	return [4]byte{upperHex[sum>>12], upperHex[sum>>8&15], upperHex[sum>>4&15], upperHex[sum&15]}
}
