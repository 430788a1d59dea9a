-- the same world for a quick run: 40 cards a product, 20,000 for product 1, no orders placed before
INSERT INTO merchant SELECT g,'m'||g,300 FROM generate_series(1,1000) g;
INSERT INTO product SELECT g, ((g-1)%1000)+1, 'p'||g, 1000+g FROM generate_series(1,2000) g;
INSERT INTO account(id,kind) VALUES (1,1),(2,2),(3,3);
INSERT INTO account SELECT 10+g,4,g FROM generate_series(1,1000) g;
INSERT INTO card(product_id,secret,secret_hash) SELECT 1,'K-'||g||'-'||md5(g::text), decode(md5('1-'||g),'hex') FROM generate_series(1,20000) g;
INSERT INTO card(product_id,secret,secret_hash) SELECT p,'K-'||p||'-'||g||'-'||md5(g::text), decode(md5(p||'-'||g),'hex') FROM generate_series(1,40) g, generate_series(2,2000) p;
VACUUM ANALYZE; CHECKPOINT;
