package book

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

// sendWithin is how long sending a document may take: the years of a busy stall are many lines.
const sendWithin = 2 * time.Minute

var drawing = web.NewDrawing()

// Routes mounts the book for its owner.
func (b *Books) Routes(e *web.Edge) {
	const path = "/api/v1/me/revenue-book"
	op := web.Tagged("revenue book")
	huma.Register(e.API, op(http.MethodGet, path, "read-revenue-book",
		"Read the revenue book: receipts marked as turnover, and undecided ones", 0), b.read)
	huma.Register(e.API, op(http.MethodPost, path+"/cash", "add-cash", "Add revenue in cash",
		http.StatusCreated), b.postCash)
	huma.Register(e.API, op(http.MethodDelete, path+"/cash/{id}", "remove-cash",
		"Remove a wrong line of cash", http.StatusNoContent), b.deleteCash)
	huma.Register(e.API, op(http.MethodPut, path+"/receipts", "decide-receipts",
		"Decide whether receipts are turnover", http.StatusNoContent), b.putReceipts)
	for ending, kind := range kinds {
		e.Engine.GET(path+ending, problem.Handle(b.document(ending, kind)))
		o := op(http.MethodGet, path+ending, "download-revenue-book-"+ending[1:],
			"Download the revenue book as "+ending[1:], 0)
		for _, name := range []string{"from", "to"} {
			o.Parameters = append(o.Parameters, &huma.Param{
				Name: name, In: "query",
				Schema: &huma.Schema{Type: "string"}, Description: "a day YYYY-MM-DD, which is included",
			})
		}
		o.Responses = map[string]*huma.Response{"200": {
			Description: "OK",
			Content: map[string]*huma.MediaType{
				kind.media: {Schema: &huma.Schema{Type: "string", Format: "binary"}},
			},
		}}
		e.Document(o)
	}
}

// kinds are the document formats of a book, by file extension.
var kinds = map[string]kind{
	".pdf":  {"application/pdf", writePDF},
	".xlsx": {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", writeXLSX},
}

type kind struct {
	media string
	write func(io.Writer, *form) error
}

func (b *Books) read(ctx context.Context, in *struct {
	Period
	Page
},
) (*web.Body[*Book], error) {
	_, merchant, err := requireOwner(ctx)
	if err != nil {
		return nil, err
	}
	return web.Answer(b.Read(ctx, merchant, in.Period, &in.Page))
}

func (b *Books) postCash(ctx context.Context, in *web.Body[CashOrder]) (*web.Body[*Entry], error) {
	who, merchant, err := requireOwner(ctx)
	if err != nil {
		return nil, err
	}
	return web.Answer(b.AddCash(ctx, who, merchant, in.Body))
}

func (b *Books) deleteCash(ctx context.Context, in *web.Named) (*struct{}, error) {
	_, merchant, err := requireOwner(ctx)
	if err != nil {
		return nil, err
	}
	id, err := in.UUID("cash line")
	if err != nil {
		return nil, err
	}
	return nil, b.RemoveCash(ctx, merchant, id)
}

type receiptsDecision struct {
	Payments []string `json:"payments" minItems:"1" maxItems:"500" doc:"ids of payments"`
	Turnover bool     `json:"turnover"`
}

func (b *Books) putReceipts(ctx context.Context, in *web.Body[receiptsDecision]) (*struct{}, error) {
	who, merchant, err := requireOwner(ctx)
	if err != nil {
		return nil, err
	}
	payments := make([]uuid.UUID, len(in.Body.Payments))
	for i, text := range in.Body.Payments {
		if payments[i], err = uuid.Parse(text); err != nil {
			return nil, problem.Missing("payment")
		}
	}
	return nil, b.Decide(ctx, who, merchant, Decision{payments, in.Body.Turnover})
}

// document returns a handler that answers the whole book of a period as a document.
func (b *Books) document(ending string, kind kind) func(*gin.Context) error {
	return func(c *gin.Context) error {
		ctx := c.Request.Context()
		_, merchant, err := requireOwner(ctx)
		if err != nil {
			return err
		}
		var book *Book
		file, err := drawing.Draw(ctx, func(w io.Writer) (err error) {
			if book, err = b.Read(ctx, merchant, Period{From: c.Query("from"), To: c.Query("to")}, nil); err != nil {
				return err
			}
			return kind.write(w, newForm(book))
		})
		if err != nil {
			return err
		}
		// a test's recorder has no deadline
		_ = http.NewResponseController(c.Writer).SetWriteDeadline(time.Now().Add(sendWithin))
		c.Header("Content-Disposition", `attachment; filename="so-doanh-thu-S1a-HKD-`+book.From+"-"+book.To+ending+`"`)
		c.Data(http.StatusOK, kind.media, file)
		return nil
	}
}
