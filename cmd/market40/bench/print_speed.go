package bench

import (
	"fmt"
	"time"

	"market40/merchants/posters"
	"market40/merchants/vietqr"
)

// printedBytes counts what is written.
type printedBytes int64

func (n *printedBytes) Write(p []byte) (int, error) {
	*n += printedBytes(len(p))
	return len(p), nil
}

// prints measures P9: a thousand posters of A6, each with its own code, as one PDF.
func (b *bench) prints() error {
	list := make([]posters.Poster, 1000)
	for i := range list {
		code := fmt.Sprintf("M4J%07d", i)
		payload, err := vietqr.Encode(vietqr.Payment{
			BIN: "970436", Account: fmt.Sprintf("00110%08d", i),
			MerchantName: "NGUYEN THI HUONG", City: "NHA TRANG", Purpose: code,
		})
		if err != nil {
			return err
		}
		list[i] = posters.Poster{
			Stall: fmt.Sprintf("A-%d", i), Market: "Chợ Đầm", Zone: "Khu hải sản", Holder: "NGUYỄN THỊ HƯỜNG",
			Bank: "Vietcombank", Last: "••••4567", Code: code,
			Payload: payload, Serial: fmt.Sprintf("CHODAM/A-%d", i), Version: 1, IssuedAt: time.Now(),
			CheckURL: "https://cho.example.vn/q/" + code, Demo: true,
		}
	}
	var took, size []float64
	for range b.rounds {
		var written printedBytes
		began := time.Now()
		if err := posters.Write(&written, posters.Sizes["a6"], false, list); err != nil {
			return err
		}
		took, size = append(took, time.Since(began).Seconds()), append(size, float64(written)/1e6)
	}
	fmt.Fprintf(b.out, "P9   1,000 posters of A6 in %s s (bar 3)   %s MB (bar 5)\n", formatSpread(took, "%.2f"),
		formatSpread(size, "%.2f"))
	return nil
}
