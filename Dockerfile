FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json vite.config.ts ./
COPY src ./src
RUN node_modules/.bin/tsc -p tsconfig.build.json && node_modules/.bin/vite build

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM node:24-slim
WORKDIR /app
COPY package.json LICENSE ./
COPY drizzle ./drizzle
COPY policies ./policies
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
RUN install -d -o node -g node -m 700 /var/lib/serin \
  && chmod +x dist/main.js \
  && ln -s /app/dist/main.js /usr/local/bin/serin
ENV NODE_ENV=production SERIN_DATA=/var/lib/serin
USER node
VOLUME /var/lib/serin
EXPOSE 8080 7780
# Of the gateway, which serves on while the database is away: plain /readyz would take the data path away with it.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:7780/readyz?of=gateway').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Memory: at rest about 180 MB with the embedded database (two processes), about 225 MB while starting; a limit of
# 512 MB leaves room for traffic.
# The file is yours to mount; in it control.listen decides who reaches the control API.
ENTRYPOINT ["node", "dist/main.js", "serve"]
CMD ["--config", "/etc/serin/serin.yaml"]
