# market40 without its own PostgreSQL: give it DATABASE_URL. compose.yaml shows the whole.
# Tags move. To build twice from the same bytes, give each image with its digest: cmd/market40/guide/en.md, "Images by digest".
ARG NODE_IMAGE=node:20-bookworm-slim
ARG GO_IMAGE=golang:1.26.8-bookworm
ARG POSTGRES_IMAGE=postgres:15-bookworm

FROM ${NODE_IMAGE} AS apps
WORKDIR /source/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY frontend ./
RUN npm run build

FROM ${GO_IMAGE} AS build
WORKDIR /source
COPY go.mod go.sum ./
RUN go mod download && go mod verify
COPY . .
COPY --from=apps /source/frontend/dist frontend/dist
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -tags nomsgpack -buildvcs=false -ldflags "-X market40/cmd/market40/app.version=$VERSION" -o bin/market40 ./cmd/market40 && mkdir -p data

# The database's own image, for the pg_dump of `market40 backup`: it must not be older than the server.
FROM ${POSTGRES_IMAGE}
COPY --from=build /source/bin/market40 /usr/local/bin/market40
COPY --from=build /source/cmd/market40/packaging/backup /usr/local/bin/market40-backup
COPY --from=build --chown=10040:10040 /source/data /var/lib/market40
COPY --from=build --chown=10040:10040 /source/data /backups
USER 10040:10040
ENV LISTEN_ADDR=:8080 DATA_DIR=/var/lib/market40
VOLUME /var/lib/market40 /backups
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD ["market40", "ready"]
ENTRYPOINT ["market40"]
CMD ["serve"]
