package reports

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"market40/merchants/edge"
	"market40/merchants/problem"
)

// defaultBasis is told when none is asked for.
const defaultBasis = "current"

// Routes mounts the reports: officers, auditors, admins and managers may read them, each in the own scope.
func (r *Reports) Routes(e *edge.Edge) {
	huma.Register(e.API, huma.Operation{
		OperationID: "adoption-report", Method: http.MethodGet, Path: "/api/v1/reports/adoption", Tags: []string{"reports"},
		Summary: "Tỷ lệ dùng thanh toán không tiền mặt theo địa phương / Adoption per locality in any basis",
	}, r.readAdoption)
	r.moreRoutes(e)
	e.Engine.GET("/api/v1/reports/adoption.csv", problem.Handle(r.exportAdoption))
	e.Document(huma.Operation{
		OperationID: "adoption-report-csv", Method: http.MethodGet, Path: "/api/v1/reports/adoption.csv", Tags: []string{"reports"},
		Summary:    "The adoption report as CSV (UTF-8 with BOM), a line per locality and indicator; hidden cells say ẩn",
		Parameters: adoptionParameters(),
		Responses: map[string]*huma.Response{"200": {
			Description: "the report", Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}},
		}},
	})
}

type adoptionInput struct {
	Basis    string `query:"basis" default:"current" doc:"districts_2024, communes_2025 or current"`
	AsOf     string `query:"as_of" doc:"a day, tomorrow at the latest; absent: today" example:"2026-11-22"`
	Campaign string `query:"campaign" doc:"code or id: only the pilots of this campaign"`
}

type adoptionOutput struct{ Body *Adoption }

func (r *Reports) readAdoption(ctx context.Context, in *adoptionInput) (*adoptionOutput, error) {
	report, err := r.Adoption(ctx, Question{Basis: in.Basis, AsOf: in.AsOf, Campaign: in.Campaign})
	if err != nil {
		return nil, err
	}
	return &adoptionOutput{report}, nil
}

func (r *Reports) exportAdoption(c *gin.Context) error {
	basis := c.Query("basis")
	if basis == "" {
		basis = defaultBasis
	}
	report, err := r.Adoption(c.Request.Context(), Question{Basis: basis, AsOf: c.Query("as_of"), Campaign: c.Query("campaign")})
	if err != nil {
		return err
	}
	body, err := report.csv()
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="adoption-`+report.Basis+"-"+report.AsOf+`.csv"`)
	c.Data(http.StatusOK, "text/csv; charset=utf-8", body)
	return nil
}

func adoptionParameters() []*huma.Param {
	parameter := func(name, doc string) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: doc, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	return []*huma.Param{
		parameter("basis", "districts_2024, communes_2025 or current"),
		parameter("as_of", "a day, tomorrow at the latest; absent: today"),
		parameter("campaign", "only the pilots of this campaign"),
	}
}
