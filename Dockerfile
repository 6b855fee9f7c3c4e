# enigm-attest as a container: production dependencies only, no root, a health check.
#
#   docker build -t enigm-attest .
#   docker run -p 8080:8080 -e ENIGM_ATTEST_CALLERS='[{"id":"backend","tokenSha256":"…"}]' enigm-attest
#
# Inside a container loopback reaches nobody, so the address is 0.0.0.0, and the service starts only
# with callers configured.

ARG NODE_IMAGE=node:26.10.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# Scripts are not run: the image has its own Node, and nothing else needs building.
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY src src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
    ENIGM_ATTEST_HOST=0.0.0.0 \
    ENIGM_ATTEST_PORT=8080 \
    ENIGM_ATTEST_STATE=/var/lib/enigm-attest \
    GLIBC_TUNABLES=glibc.malloc.tcache_count=200
RUN mkdir -p /var/lib/enigm-attest && chown node:node /var/lib/enigm-attest
WORKDIR /app
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY package.json ./
COPY roots roots
USER node
VOLUME /var/lib/enigm-attest
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.ENIGM_ATTEST_PORT}/health/live`).then((r)=>process.exit(r.ok?0:1),()=>process.exit(1))"]
# What `npm start` sets as well. How many pieces of memory of a size a thread keeps at hand (“Performance” in the README); the room
# for what is young, and one compiler fewer: with the 16 MB that V8 takes, and with Maglev's code beside
# TurboFan's, the service takes 40 MB more and is no faster; what is young is never made among what is old.
ENTRYPOINT ["node", "--max-semi-space-size=16", "--no-maglev", "--no-allocation-site-pretenuring", "dist/cli/bin.js"]
CMD ["serve"]
