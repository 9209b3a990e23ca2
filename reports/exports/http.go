package exports

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/reports"
	"market40/reports/exports/document"
	"market40/reports/indicators"
	"market40/reports/periodic"
)

// sendWithin is the time limit for sending a file.
const sendWithin = 2 * time.Minute

var drawing = web.NewDrawing()

// Exports serves reports as files.
type Exports struct {
	reports  *reports.Reports
	periodic *periodic.Periodic
}

// New returns the exports of the live reports of r and the frozen reports of p.
func New(r *reports.Reports, p *periodic.Periodic) *Exports { return &Exports{r, p} }

// versionPath is the path of a frozen version in gin's notation. gin cannot route "/:version.pdf"
// beside it, so a file uses the same route with a file extension.
const versionPath = "/api/v1/periodic-reports/:id/versions/:version"

// Routes mounts the files. Call it before the routes of the periodic reports, because the extension
// must be checked before the version number.
func (x *Exports) Routes(e *web.Edge) {
	e.Engine.Use(x.files)
	for _, ending := range []string{"csv", "xlsx", "pdf", "docx"} {
		e.Document(huma.Operation{
			OperationID: "download-report-" + ending, Method: http.MethodGet,
			Path: "/api/v1/periodic-reports/{id}/versions/{version}." + ending, Tags: []string{"periodic reports"},
			Summary: "Download a frozen version as " + ending +
				", which `market40 reports verify` proves",
			Responses: fileAnswers(ending),
		})
	}
	e.Engine.GET("/api/v1/reports/adoption.xlsx", problem.Handle(x.adoption))
	e.Document(huma.Operation{
		OperationID: "adoption-report-xlsx", Method: http.MethodGet, Path: "/api/v1/reports/adoption.xlsx",
		Tags:      []string{"reports"},
		Summary:   "The adoption report as a workbook: a row per figure, charts, definitions",
		Responses: fileAnswers("xlsx"),
		Parameters: []*huma.Param{
			queryParam("basis", "districts_2024, communes_2025 or current"),
			queryParam("as_of", "a day, tomorrow at the latest; absent: today"),
			queryParam("campaign", "only the pilots of this campaign"),
		},
	})
	huma.Register(e.API, huma.Operation{
		OperationID: "report-key", Method: http.MethodGet, Path: "/api/v1/reports/key",
		Tags:    []string{"periodic reports"},
		Summary: "The public key that proves frozen reports, also without this server",
	}, x.key)
}

func fileAnswers(ending string) map[string]*huma.Response {
	media, _, _ := strings.Cut(Kinds[ending].Media, ";")
	return map[string]*huma.Response{"200": {
		Description: "OK",
		Content:     map[string]*huma.MediaType{media: {Schema: &huma.Schema{Type: "string", Format: "binary"}}},
	}}
}

func queryParam(name, doc string) *huma.Param {
	return &huma.Param{Name: name, In: "query", Description: doc, Schema: &huma.Schema{Type: huma.TypeString}}
}

type keyOutput struct {
	Body struct {
		Algorithm string `json:"algorithm" example:"Ed25519"`
		PublicKey string `json:"public_key" doc:"base64; for market40 reports verify --key"`
	}
}

func (x *Exports) key(ctx context.Context, _ *struct{}) (*keyOutput, error) {
	if _, err := roles.From(ctx); err != nil {
		return nil, err
	}
	out := &keyOutput{}
	out.Body.Algorithm, out.Body.PublicKey = "Ed25519", base64.StdEncoding.EncodeToString(x.periodic.PublicKey())
	return out, nil
}

// adoption answers with the live report as a workbook.
func (x *Exports) adoption(c *gin.Context) error {
	basis := c.Query("basis")
	if basis == "" {
		basis = "current"
	}
	report, err := x.reports.Adoption(c.Request.Context(), reports.Question{
		Basis: basis, AsOf: c.Query("as_of"),
		Campaign: c.Query("campaign"),
	})
	if err != nil {
		return err
	}
	definitions, err := indicators.Definitions()
	if err != nil {
		return err
	}
	return sendFile(c, document.Live(report, definitions), "xlsx", "adoption-"+report.Basis+"-"+report.AsOf)
}

// files answers with a file of a frozen version if the version number has an extension.
func (x *Exports) files(c *gin.Context) {
	number, ending, has := strings.Cut(c.Param("version"), ".")
	if c.FullPath() != versionPath || !has {
		return
	}
	problem.Handle(func(c *gin.Context) error { return x.version(c, number, ending) })(c)
	c.Abort()
}

func (x *Exports) version(c *gin.Context, number, ending string) error {
	ctx := c.Request.Context()
	who, err := roles.Require(ctx, roles.ReadReports)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(number)
	if _, known := Kinds[ending]; !known || err != nil || n < 1 || n > 1_000_000 {
		return problem.Missing("version")
	}
	version, err := x.periodic.ReadVersion(ctx, who, c.Param("id"), n)
	if err != nil {
		return err
	}
	d, err := document.Open(
		&document.Seal{SHA256: version.SHA256, Signature: version.Signature, Content: version.Content.RawMessage},
	)
	if err != nil {
		return err
	}
	return sendFile(c, d, ending, fileName(d))
}

// fileName returns the name of a frozen version, with letters, digits and hyphens only.
func fileName(d *document.Document) string {
	name := "bao-cao-" + d.Period
	if d.Campaign != nil {
		name = "bao-cao-" + d.Campaign.Code + "-" + d.Period
	}
	if d.Locality != nil {
		name += "-" + d.Locality.Code
	}
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' {
			return r
		}
		return -1
	}, name+"-v"+strconv.Itoa(d.Frozen.Version))
}

// sendFile answers with a document as a complete file.
func sendFile(c *gin.Context, d *document.Document, ending, name string) error {
	kind := Kinds[ending]
	file, err := drawing.Draw(c.Request.Context(), func(w io.Writer) error { return kind.Write(w, d) })
	if err != nil {
		return err
	}
	// the recorder of a test does not support deadlines
	_ = http.NewResponseController(c.Writer).SetWriteDeadline(time.Now().Add(sendWithin))
	c.Header("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name+"."+ending))
	c.Data(http.StatusOK, kind.Media, file)
	return nil
}
